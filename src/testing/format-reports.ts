// Formats reports as the table in docs/stores.md, which helps readers choose a store.

import type { CheckedPromise, PromiseReport } from './check-promises.ts'

/** The table cell of each outcome. A broken promise should stand out. */
const answers = { kept: 'yes', broken: '**no**', 'not offered': '–' } as const

/**
 * Formats reports as a Markdown table with a row for each promise and a column for each store,
 * followed by the cases that failed, each with the first line of its error.
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
      ...reports.map((report) => answerOf(report.promises[index])),
    ]),
  ]
  const failures = reports.flatMap((report) =>
    report.promises.flatMap((each) => listFailures(report.store, each)),
  )
  return [...alignRows(rows), ...(failures.length > 0 ? ['', ...failures] : [])].join('\n')
}

/** The table cell of a promise. */
function answerOf(
  { outcome, limit }: Pick<CheckedPromise, 'outcome' | 'limit'> = { outcome: 'not offered' },
): string {
  return limit ?? answers[outcome]
}

/** One list item for each failed case. */
function listFailures(store: string, { failures }: CheckedPromise): string[] {
  return failures.map(({ name, error }) => `- ${store} fails: ${name} (${firstLineOf(error)})`)
}

/** The first line only: assertion errors append a diff, which would break the list. */
function firstLineOf(error: unknown): string | undefined {
  return (error instanceof Error ? error.message || error.name : String(error)).trim().split('\n')[0]
}

/** Pads the columns to equal width, so that the Markdown source is readable too. @internal */
export function alignRows(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map(
    (row) => `| ${widths.map((width, column) => row[column]?.padEnd(width)).join(' | ')} |`,
  )
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [lines[0] ?? '', rule, ...lines.slice(1)]
}
