import assert from 'node:assert/strict'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import express from 'express'
import { session as expressSession } from '../../src/express.ts'
import { withSession } from '../../src/node.ts'
import type { Enumerable } from '../../src/contract/capabilities.ts'
import { hashToken } from '../../src/id/hash.ts'
import { createSessionManager } from '../../src/index.ts'
import type { Session, SessionManager, SessionStore } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { serve } from '../support/serve.ts'

// Two requests of one browser that carry the same old cookie, in every order of loading, concluding and arriving.
// Handlers wait for a promise each, so that no timing decides.

type Loose = Record<string, unknown>

const verbs: Readonly<Record<string, (session: Session<Loose>, sessions: SessionManager<Loose>) => unknown>> =
  {
    login: (session) => session.login('u_1'),
    logout: (session) => session.logout(),
    'logout and login': (session) => (session.logout(), session.login('u_1')),
    regenerateId: (session) => session.regenerateId(),
    revokeOthers: (session, sessions) => sessions.revokeOthers(session),
    set: (session) => session.set('written', true),
    update: (session) => session.update('count', (count) => Number(count ?? 0) + 1),
    read: (session) => session.get('count'),
    take: (session) => session.take('note'),
  }

/** When the first of two requests with one cookie concludes. With all ordered pairs these are all six orders. */
const orders = {
  'one after the other': ['load A', 'conclude A', 'load B', 'conclude B'],
  'both loaded, A concludes first': ['load A', 'load B', 'conclude A', 'conclude B'],
  'both loaded, B concludes first': ['load A', 'load B', 'conclude B', 'conclude A'],
} as const

type Order = keyof typeof orders

const starts = ['a visitor', 'a user'] as const

/** What one of the two requests did and got. */
interface Party {
  readonly verb: string
  readonly status: number
  /** The token in its Set-Cookie, `''` where it clears the cookie. */
  readonly cookie: string | undefined
}

/** What the browser's cookie opens after both answers have arrived, in one of the two orders. */
interface End {
  readonly last: 'A' | 'B'
  readonly token: string
  readonly isOpen: boolean
  readonly userId: string | undefined
  readonly values: Loose
}

interface Outcome {
  readonly start: (typeof starts)[number]
  readonly order: Order
  readonly oldToken: string
  readonly A: Party
  readonly B: Party
  readonly ends: readonly End[]
  readonly rows: readonly {
    readonly key: string
    readonly userId: string | undefined
    readonly data: string
  }[]
}

const endings = new Set(['logout', 'logout and login'])
const logins = new Set(['login', 'logout and login'])
const rotations = new Set(['login', 'logout and login', 'regenerateId', 'revokeOthers'])

/** The rules. Each names what the design forbids; an outcome is allowed when none finds anything. */
const rules: Readonly<Record<string, (outcome: Outcome) => boolean>> = {
  'a read, a login or a logout is never refused': ({ A, B }) =>
    [A, B].some(
      ({ verb, status }) => status >= 400 && ['read', 'login', 'logout', 'logout and login'].includes(verb),
    ),

  'a take is refused only where the token had been replaced before it loaded': ({ A, B, order }) =>
    (A.verb === 'take' && A.status >= 400) ||
    (B.verb === 'take' && B.status >= 400 && order !== 'one after the other'),

  'who is refused is told so by a 409, or by a 500 where nobody is signed in whose sessions could be revoked':
    ({ A, B }) =>
      [A, B].some(({ verb, status }) => status >= 400 && status !== 409 && verb !== 'revokeOthers'),

  'who is refused sends no cookie': (outcome) =>
    [outcome.A, outcome.B].some(({ status, cookie }) => status >= 400 && cookie !== undefined) &&
    !beginsAnew(outcome),

  'only what replaces or ends a session sends a cookie': (outcome) =>
    [outcome.A, outcome.B].some(
      ({ verb, cookie }) => cookie !== undefined && !rotations.has(verb) && !endings.has(verb),
    ) && !beginsAnew(outcome),

  'only a logout clears the cookie': ({ A, B }) =>
    [A, B].some(({ verb, cookie }) => cookie === '' && verb !== 'logout'),

  'an acknowledged write is in the session that the browser ends up with, unless it has logged out': (
    outcome,
  ) =>
    hasNone(outcome, endings) &&
    !beginsEmpty(outcome) &&
    outcome.ends.some(({ values }) => {
      const count = [outcome.A, outcome.B].filter(
        ({ verb, status }) => verb === 'update' && status < 400,
      ).length
      const isSet = [outcome.A, outcome.B].some(({ verb, status }) => verb === 'set' && status < 400)
      return (isSet && values['written'] !== true) || values['count'] !== 1 + count
    }),

  'a write that was refused is in no row': ({ A, B, rows }) =>
    [A, B].every(({ verb, status }) => verb !== 'set' || status >= 400) &&
    rows.some(({ data }) => data.includes('written')),

  'nobody is signed out by a sibling': (outcome) =>
    outcome.start === 'a user' &&
    hasNone(outcome, endings) &&
    outcome.ends.some(({ userId }) => userId !== 'u_1') &&
    // The second session of a login is one of the others that are revoked.
    !hasBoth(outcome, 'login', 'revokeOthers'),

  'a login of a visitor holds, unless an answer with another token of its own arrives after it': (outcome) =>
    outcome.start === 'a visitor' &&
    hasNone(outcome, new Set(['logout'])) &&
    [outcome.A, outcome.B].some(({ verb }) => logins.has(verb)) &&
    outcome.ends.some((end) => end.userId !== 'u_1' && outcome[end.last].verb !== 'regenerateId'),

  'a cookie that opens nothing comes from a logout, or is a session that was revoked': (outcome) =>
    hasNone(outcome, endings) &&
    outcome.ends.some(({ isOpen }) => !isOpen) &&
    !hasBoth(outcome, 'login', 'revokeOthers') &&
    !beginsEmpty(outcome),

  'an acknowledged logout has ended the session, unless its token had been replaced for safety before it loaded, or another user has signed in':
    ({ A, B, start, order, oldToken, rows }) => {
      const isKept = rows.some(({ key }) => key === keyOf(oldToken))
      const isLate = order === 'one after the other' && (A.verb === 'login' || A.verb === 'revokeOthers')
      const isOthers = start === 'a visitor' && (A.verb === 'login' || B.verb === 'login')
      return (endings.has(A.verb) || endings.has(B.verb)) && isKept && !isLate && !isOthers
    },

  'after a logout nobody is signed in without a login': (outcome) =>
    [outcome.A, outcome.B].some(({ verb }) => verb === 'logout') &&
    [outcome.A, outcome.B].every(({ verb }) => verb !== 'login' && verb !== 'logout and login') &&
    !(outcome.order === 'one after the other' && outcome.A.verb === 'revokeOthers') &&
    (outcome.ends.some(({ userId }) => userId !== undefined) ||
      outcome.rows.some(({ userId }) => userId !== undefined)),

  'no session is left whose token nobody was sent': ({ A, B, oldToken, rows }) => {
    const known = new Set([oldToken, A.cookie, B.cookie].map((token) => token && keyOf(token)))
    return rows.some(({ key, userId, data }) => !known.has(key) && (userId !== undefined || data !== '{}'))
  },
}

function hasNone({ A, B }: Outcome, set: ReadonlySet<string>): boolean {
  return !set.has(A.verb) && !set.has(B.verb)
}

function hasBoth({ A, B }: Outcome, one: string, other: string): boolean {
  return (A.verb === one && B.verb === other) || (A.verb === other && B.verb === one)
}

/** What comes with the cookie of a session that has ended, without a login, is a visitor who begins a session. */
function beginsAnew({ A, order }: Outcome): boolean {
  return A.verb === 'logout' && order === 'one after the other'
}

/** A login with a token that opens nothing more begins with nothing: the visitor's data belongs to the new token. */
function beginsEmpty({ start, A, B, order }: Outcome): boolean {
  const isReplaced = A.verb === 'regenerateId' && order === 'one after the other'
  return start === 'a visitor' && isReplaced && B.verb === 'login'
}

function keyOf(token: string): string {
  return hashToken('session_id', token).key
}

/** Where a handler waits, and what it tells the test. */
interface Gate {
  readonly loaded: PromiseWithResolvers<void>
  readonly released: PromiseWithResolvers<void>
}

const stacks: Readonly<
  Record<
    string,
    (
      sessions: SessionManager<Loose>,
      handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
    ) => RequestListener
  >
> = {
  'node:http': (sessions, handle) => withSession(handle, sessions),
  Express(sessions, handle) {
    const app = express()
    app.use(expressSession(sessions))
    app.use((request, response) => handle(request, response))
    return app
  },
}

async function openRaces(
  context: TestContext,
  stack: string,
  store: SessionStore & Enumerable,
  eager: boolean,
) {
  const sessions = createSessionManager<Loose>({ store, eager, onEvent: () => {} })
  const gates = new Map<string, Gate>()
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const session = sessions.get(request)
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://shop.test')
    const gate = gates.get(searchParams.get('gate') ?? '')
    gate?.loaded.resolve()
    await gate?.released.promise
    try {
      if (pathname === '/begin') {
        for (const [name, value] of Object.entries({ count: 1, note: 'n' })) session.set(name, value)
        if (searchParams.has('user')) session.login('u_1')
      } else if (pathname === '/act') await verbs[searchParams.get('verb') ?? '']?.(session, sessions)
      const { isNew, userId } = session
      const body = pathname === '/see' ? { isNew, userId, values: Object.fromEntries(session.entries()) } : {}
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify(body))
    } catch (error) {
      response.statusCode = (error as { status?: number }).status ?? 500
      response.end()
    }
  }
  const origin = await serve(context, stacks[stack]?.(sessions, handle) as RequestListener)

  async function send(path: string, token: string | undefined): Promise<Party & { body: string }> {
    const headers = token ? { cookie: `session_id=${token}` } : {}
    const response = await fetch(origin + path, { headers })
    const [line] = response.headers.getSetCookie()
    const cookie = line === undefined ? undefined : (/^session_id=([0-9a-f]*)/.exec(line)?.[1] ?? '')
    return { verb: path, status: response.status, cookie, body: await response.text() }
  }

  async function race(
    start: Outcome['start'],
    verbOf: Record<'A' | 'B', string>,
    order: Order,
  ): Promise<Outcome> {
    for (const { key } of await rowsOf()) await store.delete(key)
    const { cookie: oldToken = '' } = await send(start === 'a user' ? '/begin?user=1' : '/begin', undefined)
    const answers = new Map<string, Promise<Party>>()
    for (const step of orders[order]) {
      const name = step.endsWith('A') ? 'A' : 'B'
      if (step.startsWith('load')) {
        const gate = { loaded: Promise.withResolvers<void>(), released: Promise.withResolvers<void>() }
        gates.set(name, gate)
        const path = `/act?gate=${name}&verb=${encodeURIComponent(verbOf[name])}`
        answers.set(
          name,
          send(path, oldToken).then((party) => ({ ...party, verb: verbOf[name] })),
        )
        await gate.loaded.promise
      } else {
        gates.get(name)?.released.resolve()
        await answers.get(name)
      }
    }
    const [A, B] = (await Promise.all([answers.get('A'), answers.get('B')])) as [Party, Party]
    const rows = await rowsOf()
    const ends: End[] = []
    for (const last of ['A', 'B'] as const) {
      const [earlier, later] = last === 'B' ? [A, B] : [B, A]
      const token = later.cookie ?? earlier.cookie ?? oldToken
      const seen = JSON.parse((await send('/see', token)).body) as {
        isNew: boolean
        userId?: string
        values: Loose
      }
      const isOpen = token !== '' && rows.some(({ key }) => key === keyOf(token)) && 'count' in seen.values
      ends.push({ last, token, isOpen, userId: seen.userId, values: seen.values })
    }
    return { start, order, oldToken, A, B, ends, rows }
  }

  async function rowsOf(): Promise<Outcome['rows']> {
    const { records } = await store.enumerate(undefined, 100, Date.now())
    return records.map(({ key, userId, data }) => ({ key, userId, data }))
  }
  return { race }
}

const places: readonly (readonly [stack: string, kind: string, open: () => SessionStore & Enumerable])[] = [
  ['node:http', 'memory', () => memoryStore()],
  ['Express', 'SQLite', () => sqliteStore(':memory:')],
]

for (const [stack, kind, open] of places) {
  for (const eager of [false, true]) {
    describe(`two requests with one old cookie on ${stack} with ${kind}${eager ? ', eager' : ''}`, () => {
      for (const one of Object.keys(verbs)) {
        test(`${one} beside every verb, in every order`, async (context) => {
          const { race } = await openRaces(context, stack, open(), eager)
          const faults: string[] = []
          for (const other of Object.keys(verbs)) {
            for (const start of starts) {
              for (const order of Object.keys(orders) as Order[]) {
                const outcome = await race(start, { A: one, B: other }, order)
                for (const [rule, isBroken] of Object.entries(rules)) {
                  if (isBroken(outcome))
                    faults.push(
                      `${start}, ${describeParty(outcome.A)} and ${describeParty(outcome.B)}, ${order}: ${rule}`,
                    )
                }
              }
            }
          }
          assert.deepEqual(faults, [])
        })
      }
    })
  }
}

function describeParty({ verb, status, cookie }: Party): string {
  return `${verb} (${status}${cookie === undefined ? '' : cookie === '' ? ', cleared' : ', new token'})`
}
