import { formatTable } from '../table.ts'
import { findImportCircles } from './import-circles.ts'
import { countCodeLines, countLines, readSourceFiles } from './source-files.ts'

/** How much there is to read, and whether its imports go in circles. */
export function printSourceTotals(): void {
  const all = readSourceFiles()
  const shipped = all.filter(({ name }) => !name.startsWith('testing/'))
  const circles = findImportCircles(all, false)
  const circlesWithTypes = findImportCircles(all, true)
  const rows = [
    ['files without testing', shipped.length],
    ['lines without testing', countLines(shipped)],
    ['code lines without testing', countCodeLines(shipped)],
    ['circles of imports', circles.length],
    ['files in them', circles.flat().length],
    ['circles of imports, types included', circlesWithTypes.length],
    ['files in them, types included', circlesWithTypes.flat().length],
  ] as const
  console.log('The sources, src:\n')
  console.log(
    formatTable(
      ['what', 'count'],
      rows.map(([what, count]) => [what, count.toLocaleString('en')]),
    ),
  )
}
