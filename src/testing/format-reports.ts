// Reports as the table of promises that readers of docs/stores.md choose a store by.

import type { CheckedPromise, PromiseReport } from './check-promises.ts'

/** How an outcome is shown. */
const answers = { kept: 'yes', broken: '**no**', 'not offered': '–' } as const

/**
 * Reports as a Markdown table with a line for each promise and a column for each store, and below
 * it the cases that failed, each with the first line of its error.
 *
 * @example
 * ```ts
 * console.log(formatReports([await checkPromises('mine', () => ({ store: myStore() }))]))
 * ```
 */
export function formatReports(reports: readonly PromiseReport[]): string {
  const promises = reports[0]?.promises ?? []
  const rows = [
    ['promise', ...reports.map(({ store }) => store)],
    ...promises.map(({ name }, index) => [
      name,
      ...reports.map((report) => answers[report.promises[index]?.outcome ?? 'not offered']),
    ]),
  ]
  const failures = reports.flatMap(({ store, promises }) =>
    promises.flatMap((each) => listFailures(store, each)),
  )
  return [...alignRows(rows), ...(failures.length > 0 ? ['', ...failures] : [])].join('\n')
}

function listFailures(store: string, { failures }: CheckedPromise): string[] {
  return failures.map(({ name, error }) => `- ${store} fails: ${name} (${firstLineOf(error)})`)
}

function firstLineOf(error: unknown): string | undefined {
  return (error instanceof Error ? error.message || error.name : String(error)).trim().split('\n')[0]
}

/** Markdown with columns of even width, so that the source can be read as well. */
function alignRows(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map(
    (row) => `| ${widths.map((width, column) => row[column]?.padEnd(width)).join(' | ')} |`,
  )
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [lines[0] ?? '', rule, ...lines.slice(1)]
}
