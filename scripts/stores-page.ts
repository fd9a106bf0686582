// The parts of docs/stores.md that are measured. Each stands between two marker comments.

/** Replaces what stands between the marker comments of a part: `promises` or `sizes`. */
export function replacePart(page: string, part: string, text: string): string {
  const marked = new RegExp(`(<!-- ${part} -->\n)[^]*(\n<!-- /${part} -->)`)
  if (!marked.test(page)) throw new Error(`the page has no marker comments for ${part}`)
  return page.replace(marked, (_, before: string, after: string) => `${before}\n${text}\n${after}`)
}

/** What stands there now. */
export function readPart(page: string, part: string): string {
  const [, text] = new RegExp(`<!-- ${part} -->\n([^]*)\n<!-- /${part} -->`).exec(page) ?? []
  if (text === undefined) throw new Error(`the page has no marker comments for ${part}`)
  return text.trim()
}

/**
 * The part of a table of promises that is about some of its stores: their columns, and the lines about what they fail.
 */
export function selectColumns(text: string, stores: readonly string[]): readonly string[] {
  const lines = text.split('\n')
  const rows = lines.filter((line) => line.startsWith('|')).map((line) => line.split('|').slice(1, -1))
  const headings = (rows[0] ?? []).map((cell) => cell.trim())
  const places = [0, ...stores.map((store) => headings.indexOf(store))]
  const columns = rows
    .filter(([first]) => !/^ *-+ *$/.test(first ?? ''))
    .map((row) => places.map((place) => (row[place] ?? 'absent').trim()).join(' | '))
  const failures = lines.filter((line) => stores.some((store) => line.startsWith(`- ${store} fails:`)))
  return [...columns, ...failures]
}
