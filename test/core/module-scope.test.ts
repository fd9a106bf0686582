import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { Browser, createTestClock, minute, settle } from './harness.ts'
import { open } from '../../src/adapter.ts'

/** Runs in a process of its own: what workers forbid at module scope throws from the beginning. */
const program = `
const refuse = (name) => () => { throw new Error('at module scope: ' + name) }
const allow = []
for (const [holder, names] of [
  [globalThis, ['setTimeout', 'setInterval', 'setImmediate', 'fetch']],
  [crypto, ['getRandomValues', 'randomUUID']],
  [process.getBuiltinModule('node:crypto'), ['randomBytes', 'randomFillSync', 'randomUUID', 'randomInt']],
  [process.getBuiltinModule('node:fs'), ['writeFileSync', 'mkdirSync']],
]) for (const name of names) {
  const real = holder[name]
  holder[name] = refuse(name)
  allow.push(() => (holder[name] = real))
}
process.getBuiltinModule('node:module').syncBuiltinESMExports()
`

function run(body: string): { code: number | null; output: string } {
  const modules = ['index', 'adapters/fetch', 'stores/memory', 'stores/sqlite', 'stores/cached']
  const imports = modules.map((name, index) => {
    const url = new URL(`../../src/${name}.ts`, import.meta.url).href
    return `const part${index} = await import('${url}')\n`
  })
  const source = `${program}${imports.join('')}${body}`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { code: status, output: `${stdout}${stderr}` }
}

function refuse(): never {
  return assert.fail('a timer')
}

describe('a manager at module scope', () => {
  test('a manager at module scope sets no timer before its first request, and the sweep goes on from there', async () => {
    const clock = createTestClock()
    let isOpen = false
    const schedule = (delay: number, task: () => void): (() => void) => {
      assert.ok(isOpen, 'a timer at module scope')
      return clock.schedule(delay, task)
    }
    const store = memoryStore({ sweepEvery: '10m' })
    const sessions = createSessionManager<Record<string, unknown>>({
      store,
      maxAge: '5m',
      clock: { now: () => clock.now(), schedule, scheduleIdly: schedule },
    })
    clock.advance(minute)
    isOpen = true
    const browser = new Browser(sessions)
    await browser.visit((session) => session.set('a', 1))
    await browser.visit()
    assert.equal(store.size, 1)
    clock.advance(10 * minute)
    await settle()
    assert.equal(store.size, 0)
    await sessions.close()
  })

  test('a manager at module scope needs no timer when it is closed before a request', async () => {
    const clock = { now: () => 5, schedule: refuse, scheduleIdly: refuse }
    const sessions = createSessionManager({ clock })
    await sessions.close()
    await open(sessions, { cookie: undefined, secure: true })
  })

  test('a manager at module scope needs no timer, no random number and no file, with any store that opens its own', () => {
    const { code, output } = run(`
      const stores = [part2.memoryStore(), part3.sqliteStore(':memory:')]
      stores.push(part4.cachedStore(stores[0]))
      const managers = stores.map((store) => part0.createSessionManager({ store }))
      const serve = part1.withSession((request, session) => {
        session.set('a', 1)
        return new Response('ok')
      }, managers[0])
      part1.withSession(() => new Response('ok'))
      for (const each of allow) each()
      process.getBuiltinModule('node:module').syncBuiltinESMExports()
      const response = await serve(new Request('http://shop.test/'))
      console.log(response.status, response.headers.get('set-cookie').length > 64)
    `)
    assert.equal(output, '200 true\n')
    assert.equal(code, 0)
  })
})
