/** Lines up rows under their headings, the first column to the left and all others to the right. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((_, column) => {
    return Math.max(...[headings, ...rows].map((row) => (row[column] ?? '').length))
  })
  const rule = widths.map((width) => '-'.repeat(width))
  return [headings, rule, ...rows].map((row) => formatRow(row, widths)).join('\n')
}

function formatRow(row: readonly string[], widths: readonly number[]): string {
  const cells = widths.map((width, column) => {
    const cell = row[column] ?? ''
    return column === 0 ? cell.padEnd(width) : cell.padStart(width)
  })
  return `| ${cells.join(' | ')} |`
}
