import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { withSession } from '../../src/node.ts'
import { createSessionManager, SessionConflictError } from '../../src/index.ts'
import type { Session } from '../../src/index.ts'
import { signIn } from '../../src/testing.ts'
import { listenOnFreePort } from '../support/listen-on-free-port.ts'
import { missing } from './engines.ts'
import { nginx, startNginx } from './nginx.ts'
import type { RunningCache } from './nginx.ts'

// A cache that many visitors share, in front of an application: nobody may see the page of somebody else, nor of a
// session that has ended, and the pages of visitors are to be cached all the same (CVE-2023-30861).

type Loose = Session<Record<string, unknown>>

/** How nginx is told to cache. */
const caches: Readonly<Record<string, readonly string[]>> = {
  'as it comes': [],
  'that keeps every answer for a minute': ['proxy_cache_valid any 60s;'],
  'that does not know Vary': ['proxy_ignore_headers Vary;', 'proxy_cache_valid any 60s;'],
}

/** Every way in which a handler may use a session. */
const reads: Readonly<Record<string, (session: Loose) => unknown>> = {
  get: (session) => session.get('a'),
  has: (session) => session.has('a'),
  keys: (session) => session.keys(),
  entries: (session) => session.entries(),
  userId: (session) => session.userId,
  handle: (session) => session.handle,
  id: (session) => session.id,
  isNew: (session) => session.isNew,
  createdAt: (session) => session.createdAt,
  expiresAt: (session) => session.expiresAt,
  takeFlash: (session) => session.takeFlash('a'),
  take: (session) => session.take('a'),
  toString: (session: Loose) => `${session}`,
  toJSON: (session) => JSON.stringify(session),
  save: (session) => session.save(),
  consume: (session) => session.consume('a'),
}
const writes: Readonly<Record<string, (session: Loose) => unknown>> = {
  set: (session) => session.set('a', 1),
  update: (session) => session.update('a', (count) => Number(count ?? 0) + 1),
  delete: (session) => session.delete('a'),
  clear: (session) => session.clear(),
  flash: (session) => session.flash('a', 'hello'),
  transaction: (session) => session.transaction((values) => values.set('a', 2)),
  login: (session) => session.login('u_2'),
  regenerateId: (session) => session.regenerateId(),
  logout: (session) => session.logout(),
  destroy: (session) => session.destroy(),
}
const uses = { ...reads, ...writes }
/** One of each kind, where every way would take long. */
const someUses = ['get', 'isNew', 'set', 'login', 'logout']

/** What the application says to caches. `lasting` is what nginx keeps as it comes. */
const lasting: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'max-age': { 'Cache-Control': 'max-age=60' },
  immutable: { 'Cache-Control': 'max-age=31536000, immutable' },
  'stale-while-revalidate': { 'Cache-Control': 'max-age=60, stale-while-revalidate=600' },
  public: { 'Cache-Control': 'public, max-age=60' },
  's-maxage': { 'Cache-Control': 's-maxage=60' },
  Expires: { Expires: new Date(Date.now() + 3_600_000).toUTCString() },
  'X-Accel-Expires': { 'X-Accel-Expires': '60' },
  'X-Accel-Expires beside private': { 'X-Accel-Expires': '60', 'Cache-Control': 'private' },
}
const said: typeof lasting = {
  nothing: {},
  'CDN-Cache-Control': { 'CDN-Cache-Control': 'max-age=60' },
  ...lasting,
}
const statuses = [200, 301, 304, 404, 500]

/** Shows whose cookie came, and uses the session in the way that the path names, and in no other. */
class Application {
  readonly #sessions = createSessionManager<Record<string, unknown>>({ onEvent: () => {} })
  readonly #owners = new Map<string, string>()
  readonly server: Server = createServer(
    withSession(async (request, response) => {
      const [, use = '', headers = '', status = ''] = decodeURI(request.url ?? '').split('/')
      const owner = this.#owners.get(request.headers.cookie ?? '') ?? 'nobody'
      try {
        await uses[use]?.(this.#sessions.get(request))
      } catch (error) {
        // The second visit with a token that the first one has replaced.
        assert.ok(error instanceof SessionConflictError && error.reason === 'replaced', String(error))
      } finally {
        response.statusCode = Number(status)
        for (const [name, value] of Object.entries(said[headers] ?? {})) response.setHeader(name, value)
        response.setHeader('X-Owner', owner)
        response.setHeader('Accept-Ranges', 'bytes')
        response.end(owner.padEnd(20))
      }
    }, this.#sessions),
  )

  /** The cookie of a user whose pages will show the name. */
  async signIn(name: string): Promise<string> {
    const cookie = await signIn(this.#sessions, name)
    this.#owners.set(cookie, name)
    return cookie
  }

  /** Ends the session of a cookie; from then on its pages show a former user. */
  async signOut(cookie: string): Promise<void> {
    await this.#sessions.handle(new Request('http://shop.test/', { headers: { cookie } }), (_, session) => {
      session.logout()
      return new Response('bye')
    })
    this.#owners.set(cookie, 'former')
  }

  close(): Promise<void> {
    this.server.closeAllConnections()
    this.server.close()
    return this.#sessions.close()
  }
}

for (const [name, directives] of Object.entries(caches)) {
  describe(`behind an nginx ${name}`, { skip: missing(nginx) }, () => {
    let application: Application
    let cache: RunningCache
    let count = 0

    before(async () => {
      application = new Application()
      const port = await listenOnFreePort(application.server)
      cache = await startNginx(port, directives)
    })
    after(async () => {
      await cache.stop()
      await application.close()
    })

    /** Requests a path as whoever the cookie belongs to, and demands that the answer is theirs. */
    const ask = async (path: string, owner: string, cookie?: string, init: RequestInit = {}) => {
      const headers = { ...(cookie !== undefined && { cookie }), ...(init.headers as Record<string, string>) }
      const response = await fetch(cache.url + path, { redirect: 'manual', ...init, headers })
      const text = (await response.text()).trim()
      const from = `${path} as ${owner}: ${response.headers.get('x-cache')}`
      assert.equal(response.headers.get('x-owner'), owner, from)
      if (text !== '') assert.equal(text, owner, from)
      return response.headers.get('x-cache')
    }

    /** Two users, one of them before and after a logout, a visitor twice. Resolves to how the visitor was served. */
    const askAll = async (place: string, init?: RequestInit) => {
      const path = encodeURI(`/${place}/${(count += 1)}`)
      const [alice, carol] = [await application.signIn('alice'), await application.signIn('carol')]
      await ask(path, 'alice', alice, init)
      await ask(path, 'carol', carol, init)
      await ask(path, 'alice', alice, init)
      await application.signOut(carol)
      await ask(path, 'former', carol, init)
      await ask(path, 'nobody', undefined, init)
      return ask(path, 'nobody', undefined, init)
    }

    for (const headers of Object.keys(said)) {
      for (const status of statuses) {
        test(`everybody gets their own page of ${status} that says ${headers}`, async () => {
          const ways = status === 200 ? Object.keys(uses) : someUses
          for (const use of ways) await askAll(`${use}/${headers}/${status}`)
        })
      }

      test(`everybody gets their own answer to HEAD and Range that says ${headers}`, async () => {
        for (const use of someUses) {
          await askAll(`${use}/${headers}/200`, { method: 'HEAD' })
          await askAll(`${use}/${headers}/200`, { headers: { range: 'bytes=0-9' } })
        }
      })
    }

    for (const headers of directives.length > 0 ? Object.keys(said) : Object.keys(lasting)) {
      test(`the pages of visitors that say ${headers} are cached`, async () => {
        for (const use of ['get', 'isNew', 'userId', 'toString'])
          assert.equal(await askAll(`${use}/${headers}/200`), 'HIT', use)
      })
    }

    test('a page that used no session is cached for all', async () => {
      const alice = await application.signIn('alice')
      const path = '/none/public/200/1'
      await ask(path, 'nobody')
      const response = await fetch(cache.url + path, { headers: { cookie: alice } })
      assert.equal(response.headers.get('x-cache'), 'HIT')
    })
  })
}
