import { entries } from '../../scripts/entries.ts'
import { readExportedNames } from './exported-names.ts'

/** What the examples in doc comments import besides the package. */
const imports = `
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import express from 'express'
import expressSession from 'express-session'
import { Keyv } from 'keyv'
import polka from 'polka'
import { createStorage, prefixStorage } from 'unstorage'
`

/** What they take for granted, as it stands in an application. */
const declarations = `
interface Data {
  visits: number; seats: number; code: number; theme: string; cart: string[]; resetCode: string; returnTo: string
}
type Given = Session<Data> & typeof sessionOfExpress
declare const app: ReturnType<typeof express>
declare const session: Given
declare const sessions: SessionManager<Data>
declare const store: SessionStore & Enumerable & UserIndex
declare const functions: BasicFunctions
declare const database: SqliteDatabase
declare const pool: PostgresQueryClient & MysqlPool
declare const postgresJs: PostgresJsClient
declare const client: RedisClient
declare const record: SessionRecord & { readonly owner: string }
declare const owner: string
declare const page: readonly ListedRecord[]
declare const ended: EndedSessions
declare const now: number
declare const origin: string
declare const error: unknown
declare const given: string
declare const exchange: Exchange<Data>
declare const jar: { set(name: string, value: string, attributes: object): void }
declare const request: express.Request & Request
declare const response: express.Response
declare const server: ReturnType<typeof createServer>
declare const log: Record<'info' | 'warn' | 'error', (...entries: readonly unknown[]) => void>
declare const counters: { increment(name: string): void }
declare const refuse: (response: express.Response) => void
declare const retryLater: () => void
declare const showBothVersions: () => void
declare const adapter: TestedAdapter
declare const storeCase: StoreCase
declare const myStore: () => SessionStore
declare const bucket: {
  getText(key: string): Promise<string | undefined>
  put(key: string, value: string, options: { expires: Date }): Promise<void>
  remove(key: string): Promise<void>
}
declare const Deno: { serve(handler: (request: Request) => Promise<Response>): void }
`

/** Everything that the entries of the package export, once. */
const exported = [
  ...new Map(
    entries.flatMap(({ specifier, name: entry, source }) =>
      readExportedNames(source).map((each) => [`${each.name} ${each.origin}`, { ...each, specifier, entry }]),
    ),
  ).values(),
]

/**
 * Names that mean something else in each of several entries, or in the declarations above: `session` of an
 * adapter is the middleware, and all else where a session.
 */
const ambiguous = new Set(
  exported
    .map(({ name }) => name)
    .filter((name, index, names) => names.indexOf(name) !== index || declares(name)),
)

function declares(name: string): boolean {
  return new RegExp(`^declare const ${name}\\b`, 'm').test(declarations)
}

/**
 * Read as text, and put before each example: only what is declared here and what the package exports is there for it.
 * An ambiguous name has that of its entry behind it, `sessionOfExpress`; that of `adapter` goes by its own as well.
 * What an example imports itself is left out.
 */
export function writePrelude(adapter: string, code: string): string {
  const importedByItself = new Set(
    [...code.matchAll(/^import .*\{(.*)\}/gm)].flatMap(([, list = '']) =>
      list.split(',').map((name) => name.trim()),
    ),
  )
  const lines = exported.flatMap(({ name, isType, specifier, entry }) => {
    const write = (imported: string): string =>
      `import ${isType ? 'type ' : ''}{ ${imported} } from '${specifier}'`
    if (!ambiguous.has(name)) return importedByItself.has(name) ? [] : [write(name)]
    const alias = write(
      `${name} as ${name}Of${entry.replaceAll(/(?:^|\W)(\w)/g, (_, first: string) => first.toUpperCase())}`,
    )
    return entry === adapter && !declares(name) ? [alias, write(name)] : [alias]
  })
  return [imports, ...lines, declarations].join('\n')
}
