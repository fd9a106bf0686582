import assert from 'node:assert/strict'
import { hashOwner, hashToken } from '../../../src/id/hash.ts'
import { randomHex } from '../../../src/testing/sample-record.ts'
import { encodeMember } from '../../../src/stores/redis/redis-member.ts'
import { Browser, hour } from '../../core/harness.ts'
import { Random } from '../../schedules/decisions.ts'
import { askMaster } from '../redis/ask-master.ts'
import { until } from '../until.ts'
import { movableClock, newUser, range, startNode } from './failure-mode.ts'
import type { FailureMode, Ground } from './failure-mode.ts'

const devices = 6

/** The name of what Redis keeps for a user, apart from the records. */
function indexOf(userId: string): string {
  return `coatcheck:user:{${hashOwner('session_id', userId)}}`
}

/** The entry of a browser's session in the index. */
async function memberOf(browser: Browser | undefined): Promise<string> {
  assert.ok(browser)
  const handle = await browser.see((session) => session.handle)
  return encodeMember(handle, hashToken('session_id', browser.token).key)
}

/** A user on several devices, and what the lists of another node say about them. */
async function begin({ stores }: Ground) {
  const clock = movableClock()
  const { sessions } = startNode(stores[0], { clock })
  const userId = newUser()
  const browsers = range(devices).map(() => new Browser(sessions))
  for (const browser of browsers) await browser.visit((session) => session.login(userId))
  const lists = startNode(stores[1], { clock }).sessions
  const list = async (): Promise<string[]> =>
    (await lists.list(userId)).map(({ handle }) => handle).toSorted()
  const handles = await Promise.all(browsers.map((browser) => browser.see((session) => session.handle)))
  return { clock, userId, browsers, lists, list, handles: handles.toSorted() }
}

export const indexDrift: readonly FailureMode[] = [
  {
    name: 'D19 garbage, dead and foreign entries in the index of a user are neither listed nor revoked',
    needsIndex: true,
    async run(ground) {
      const own = await begin(ground)
      const other = await begin(ground)
      const [ended, ...left] = own.browsers
      const [foreign] = other.browsers
      const dead = await memberOf(ended)
      await ended!.visit((session) => session.logout())
      const unknown = encodeMember(randomHex(12), randomHex(32))
      const entries = ['garbage', randomHex(32), unknown, dead, await memberOf(foreign)]
      const score = String(own.clock.now() + hour)
      const members = entries.flatMap((entry) => [score, entry])
      assert.equal(await askMaster(ground.running, ['EXISTS', indexOf(own.userId)]), 1)
      await askMaster(ground.running, ['ZADD', indexOf(own.userId), ...members])
      const live = await Promise.all(left.map((browser) => browser.see((session) => session.handle)))
      assert.deepEqual(await own.list(), live.toSorted())
      assert.equal(await own.lists.revokeAll(own.userId), devices - 1)
      for (const browser of left) assert.equal(await browser.see((session) => session.isNew), true)
      assert.deepEqual(await other.list(), other.handles)
      assert.equal(await foreign?.see((session) => session.userId), other.userId)
    },
  },
  {
    name: 'D19 entries that the index has lost come back with the next touch or commit of each session',
    needsIndex: true,
    async run(ground) {
      const random = new Random(19)
      const { clock, userId, browsers, lists, list, handles } = await begin(ground)
      for (const loss of ['some', 'all']) {
        const lost = browsers.filter(() => loss === 'all' || random.below(2) === 0)
        const members = await Promise.all(lost.map(memberOf))
        if (loss === 'all') assert.equal(await askMaster(ground.running, ['DEL', indexOf(userId)]), 1)
        else
          assert.equal(await askMaster(ground.running, ['ZREM', indexOf(userId), ...members]), members.length)
        assert.equal((await list()).length, devices - lost.length)
        // Half of them save so often that no touch is ever due; the others only look, once one is.
        const [saving, looking] = [browsers.slice(0, devices / 2), browsers.slice(devices / 2)]
        for (const round of range(3)) {
          clock.advance(hour)
          for (const browser of saving)
            await browser.visit((session) => session.set('seen', `${loss} ${round}`))
        }
        for (const browser of looking) await browser.visit((session) => session.userId)
        // No response waits for its touch.
        await until(async () => (await list()).length === handles.length, 'all are listed')
        assert.deepEqual(await list(), handles)
      }
      assert.equal(await lists.revokeAll(userId), devices)
      for (const browser of browsers) assert.equal(await browser.see((session) => session.isNew), true)
    },
  },
]
