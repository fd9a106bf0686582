import {
  appendFileSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { isMainThread } from 'node:worker_threads'

/** Where a secret can be shown. */
export const places = [
  'body',
  'header',
  'log',
  'error',
  'event',
  'inspection',
  'store call',
  'database file',
] as const
export type Place = (typeof places)[number]

/** What one process, or a run of many, has searched. */
export interface Summary {
  readonly script: string
  tokens: number
  readonly searched: Record<Place, number>
}

const variable = 'SECRETS_WATCH'
const parent = process.env[variable]

/** Whether the run began with this process: it tells of all the others. */
export const isFirst = parent === undefined

/** Every process has a folder inside that of the process that started it. */
const folder = mkdtempSync(join(parent ?? tmpdir(), isFirst ? 'secrets-watch-' : 'process-'))
process.env[variable] = folder

const preload = `--import=${new URL('preload.mjs', import.meta.url).href}`
const given = process.env['NODE_OPTIONS'] ?? ''
if (!given.includes(preload)) process.env['NODE_OPTIONS'] = `${given} ${preload}`.trim()

export const summary: Summary = {
  script: basename(process.argv[1] ?? ''),
  tokens: 0,
  searched: Object.fromEntries(places.map((place) => [place, 0])) as Record<Place, number>,
}

/** What a whole run must have done; each answers with a complaint, or nothing. */
export const demands: ((summaries: readonly Summary[]) => string | undefined)[] = []

/** A process may be killed or its output thrown away: what it found is written down at once. */
export function tell(find: string): void {
  appendFileSync(join(folder, 'finds'), `${find}\n`)
  if (!isFirst) print(find)
}

function print(line: string): void {
  writeSync(2, `${line}\n`)
}

function read(pattern: string): string[] {
  return globSync(`**/${pattern}`, { cwd: folder }).map((file) => readFileSync(join(folder, file), 'utf8'))
}

process.on('exit', () => {
  writeFileSync(join(folder, 'summary'), JSON.stringify(summary))
  const finds = read('finds')
  if (finds.length > 0) process.exitCode ||= 1
  if (!isFirst || !isMainThread) return
  const summaries = read('summary').map((text) => JSON.parse(text) as Summary)
  const complaints = [
    ...finds,
    ...demands.map((demand) => demand(summaries)).filter((each) => each !== undefined),
  ]
  if (complaints.length > 0) process.exitCode ||= 1
  const sum = (count: (each: Summary) => number) => summaries.reduce((all, each) => all + count(each), 0)
  const texts = sum(({ searched }) => places.reduce((all, place) => all + searched[place], 0))
  print(
    [
      ...complaints,
      `secrets: ${sum(({ tokens }) => tokens)} tokens issued, ${texts} texts searched in ${summaries.length} processes, ` +
        `${finds.length === 0 ? 'nothing' : 'a secret'} found`,
    ].join('\n'),
  )
  rmSync(folder, { recursive: true, force: true })
})
