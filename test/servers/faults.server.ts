import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { engines, missing } from './engines.ts'
import { faults } from './faults/faults.ts'
import type { Fault } from './faults/faults.ts'
import { cookieOf, secretsOf, Stage } from './faults/stage.ts'
import type { Answer } from './process/visit.ts'

// What a shop does while its database fails, and afterwards. It is a process of its own, as it would be
// in production, and a proxy stands between it and each server.

/** The shop's option, in milliseconds. */
const timeout = 500

/** By when every request must be answered, in milliseconds: `timeout`, and a busy machine. */
const limit = 2000

/** How long a driver may take to notice that its server is back. */
const recoveryLimit = 20_000

/** Session data that no log may show. */
const note = 'confidential-4711'

for (const engine of engines.filter(({ programs }) => programs.length > 0)) {
  describe(`${engine.name} fails`, { skip: missing(engine) }, () => {
    let stage: Stage

    before(async () => {
      stage = await Stage.open(engine)
      await stage.startShop(`${timeout}ms`)
    })
    after(() => stage?.close())

    for (const fault of faults) {
      test(`${engine.name} fails ${fault.name}: requests fail in time, nobody is logged out, all is well afterwards`, async (context) => {
        const { reading, saving, recovery } = await tryFault(stage, fault)
        context.diagnostic(
          `${engine.name} | ${fault.name} | read ${reading} ms | save ${saving} ms | recovery ${recovery} ms`,
        )
      })
    }
  })
}

/** The longest times, in milliseconds, that a request which read and one which saved had to wait. */
interface Times {
  readonly reading: number
  readonly saving: number
  readonly recovery: number
}

async function tryFault(stage: Stage, fault: Fault): Promise<Times> {
  const [user, adder, leaver] = [
    await enter(stage, 'u_1'),
    await enter(stage, 'u_2'),
    await enter(stage, 'u_4'),
  ]
  const buyer = await enter(stage)
  // With their sessions loaded, these three will find a failing database when they save.
  const held = await Promise.all([
    stage.hold('/add', adder),
    stage.hold('/login?user=u_3', buyer),
    stage.hold('/logout', leaver),
  ])
  await stage.takeEvents()
  let reading = 0
  let saving = 0
  try {
    await fault.begin(stage)
    const saves = Promise.all(held.map((release) => release()))
    saves.catch(() => {}) // awaited below, unless something else fails first
    // Twice, since drivers behave in one way when they lose a connection, and in another when they have lost it.
    for (const round of [1, 2])
      reading = Math.max(reading, await demandFailure(stage, user, `round ${round}`))
    for (const answer of await saves) {
      demandUnavailable(answer, 'a save')
      assert.ok(answer.saving < limit, `a save took ${answer.saving} ms`)
      saving = Math.max(saving, answer.saving)
    }
    await demandEvents(stage, [user, adder, buyer, leaver])
  } finally {
    await fault.end(stage)
  }
  const begin = performance.now()
  await recover(stage, user)
  const recovery = performance.now() - begin
  // Whether the shop's save came through before the limit or after it, it counts once.
  const { userId, count } = JSON.parse((await repeat(stage, '/profile', adder)).body) as {
    userId: string
    count: number
  }
  assert.equal(userId, 'u_2')
  assert.ok(count === 1 || count === 2, `added once, it is ${count}`)
  for (const cookie of [buyer, leaver]) await repeat(stage, '/profile', cookie)
  assert.ok(stage.shop.isRunning)
  assert.equal(stage.shop.output, '', 'what the shop has printed')
  return { reading: Math.round(reading), saving: Math.round(saving), recovery: Math.round(recovery) }
}

/** A new session with a count of 1 and a note, signed in where there is a name. Resolves to its cookie. */
async function enter(stage: Stage, name?: string): Promise<string> {
  const cookie = cookieOf(await stage.post('/add', undefined))
  assert.equal((await stage.post(`/note?text=${note}`, cookie)).status, 200)
  return name === undefined ? cookie : cookieOf(await stage.post(`/login?user=${name}`, cookie))
}

/** Every kind of request at once, while the database fails. Returns how long the slowest took. */
async function demandFailure(stage: Stage, cookie: string, when: string): Promise<number> {
  const failing = [
    ...Array.from({ length: 10 }, () => stage.visit('/profile', { cookie })),
    ...['/add', '/login?user=u_9', '/logout'].map((path) => stage.post(path, cookie)),
    stage.post('/add', undefined),
    stage.visit('/ping'),
  ]
  const [asset, visitor, page, window] = await Promise.all([
    stage.visit('/asset', { cookie }),
    stage.visit('/public'),
    stage.visit('/public', { cookie }),
    stage.visit('/window', { cookie }),
  ])
  for (const answer of [asset, visitor, page, window]) {
    assert.equal(answer.status, 200, when)
    assert.deepEqual(answer.setCookies, [], when)
  }
  assert.deepEqual(JSON.parse(window.body), { userId: null, count: null, note: null })
  assert.equal(window.headers['cache-control'], 'private, no-store')
  assert.match(String(window.headers['vary']), /cookie/i)
  const answers = await Promise.all(failing)
  for (const answer of answers) demandUnavailable(answer, when)
  const slowest = Math.max(...[...answers, page, window].map(({ milliseconds }) => milliseconds))
  assert.ok(slowest < limit, `${when}: a request took ${slowest} ms`)
  return slowest
}

/** An error that says "later", and leaves the browser what it has. */
function demandUnavailable({ status, setCookies, body }: Answer, what: string): void {
  assert.equal(status, 503, `${what}: ${body}`)
  assert.deepEqual(setCookies, [], what)
  assert.doesNotMatch(body, new RegExp(note))
}

/** Operators are told of each failure, and of no secret. */
async function demandEvents(stage: Stage, cookies: readonly string[]): Promise<void> {
  const events = await stage.takeEvents()
  const failed = events.filter(({ type }) => type === 'failed')
  assert.ok(failed.every(({ code }) => code === 'ERR_SESSION_STORE'))
  const count = (during: string): number => failed.filter((event) => event.during === during).length
  // In each of two rounds 15 requests could not load, and a visitor's first could not be saved, like the three that
  // were held. The asset and the visitor's page have not asked the store, so they have not waited for it either.
  assert.equal(count('load'), 2 * 15)
  assert.equal(count('save'), 2 + 3)
  assert.equal(events.filter(({ type }) => type === 'degraded').length, 2)
  const secrets = [note, ...cookies.flatMap(secretsOf)]
  for (const { text } of events) {
    for (const secret of secrets) assert.ok(!text.includes(secret), `an event shows ${secret}: ${text}`)
  }
}

/** Waits until the same cookie works again, with its data. */
async function recover(stage: Stage, cookie: string): Promise<void> {
  const answer = await repeat(stage, '/profile', cookie)
  assert.deepEqual(JSON.parse(answer.body), { userId: 'u_1', count: 1, note })
  await repeat(stage, '/ping', undefined)
  assert.equal((await stage.post('/add', cookie)).body, '2')
}

/** Asks until the database answers again. Until then no cookie is cleared or replaced, nor with that answer. */
async function repeat(stage: Stage, path: string, cookie: string | undefined): Promise<Answer> {
  const deadline = performance.now() + recoveryLimit
  for (;;) {
    const answer = await stage.visit(path, { cookie })
    assert.deepEqual(answer.setCookies, [])
    if (answer.status === 200) return answer
    assert.equal(answer.status, 503, answer.body)
    assert.ok(performance.now() < deadline, `no recovery within ${recoveryLimit} ms: ${answer.body}`)
    await wait(20)
  }
}
