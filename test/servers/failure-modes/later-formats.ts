import assert from 'node:assert/strict'
import { SessionDecodeError } from '../../../src/contract/errors.ts'
import { hashOwner, hashToken } from '../../../src/id/hash.ts'
import { generateToken } from '../../../src/id/token.ts'
import { sampleRecord } from '../../../src/testing/sample-record.ts'
import type { SessionRecord } from '../../../src/contract/store.ts'
import { Browser, hour } from '../../core/harness.ts'
import type { EngineStore } from '../engine.ts'
import { movableClock, newUser, startNode } from './failure-mode.ts'
import type { FailureMode } from './failure-mode.ts'
import { runSql } from './run-sql.ts'
import { SteppedWork } from './stepped-work.ts'

/** Readable, though it may mean something else by then. */
const laterData = '{"color":"later"}'

/** What a later version of the library may have stored: this one must not guess what it means. */
function laterRecord(token: string, overrides: Partial<SessionRecord> = {}): SessionRecord {
  const now = Date.now()
  const life = { idleTimeout: 24 * hour, idleExpiresAt: now + 24 * hour, endsAt: now + 24 * hour }
  return sampleRecord(now, {
    ...hashToken('session_id', token),
    format: 3,
    data: laterData,
    ...life,
    ...overrides,
  })
}

/** The record as the store returns it; a store may also refuse a format that it does not know. */
async function look(store: EngineStore, key: string): Promise<SessionRecord | 'refused' | undefined> {
  try {
    return await store.read(key, Date.now())
  } catch (error) {
    assert.ok(error instanceof SessionDecodeError, String(error))
    return 'refused'
  }
}

export const laterFormats: readonly FailureMode[] = [
  {
    name: 'D20 a record of a later format is refused, and left as it is',
    async run({ stores: [store, other] }) {
      const clock = movableClock()
      const token = generateToken()
      const userId = newUser()
      const record = laterRecord(token, { userId, owner: hashOwner('session_id', userId) })
      assert.equal(await store.create(record, Date.now()), true)
      const before = await look(other, record.key)
      assert.ok(before === 'refused' || before?.data === laterData)
      const node = startNode(other, { clock })
      const browser = new Browser(node.sessions, `session_id=${token}`)
      // A touch is due as well, and must not be made.
      clock.advance(3 * hour)
      await assert.rejects(
        browser.visit((session) => session.get('color')),
        SessionDecodeError,
      )
      await assert.rejects(
        browser.visit((session) => session.set('color', 'red')),
        SessionDecodeError,
      )
      assert.equal(browser.cookie, `session_id=${token}`)
      assert.deepEqual(await look(store, record.key), before)
      // It can be seen and revoked by its user.
      assert.equal(await node.sessions.revokeAll(userId), 1)
      assert.equal(await look(store, record.key), undefined)
    },
  },
  {
    name: 'D20 a commit of this version destroys no record that a later one has written meanwhile',
    async run({ stores: [store, other, third] }) {
      const browser = new Browser(startNode(store).sessions)
      await browser.visit((session) => session.set('color', 'red'))
      const { key } = hashToken('session_id', browser.token)
      const work = new SteppedWork(other, (stepped) =>
        new Browser(startNode(stepped).sessions, browser.cookie).visit((session) =>
          session.set('color', 'blue'),
        ),
      )
      assert.equal(await work.step(), true)
      const later = laterRecord(browser.token, { version: 2 })
      await store.delete(key)
      await store.create(later, Date.now())
      const before = await look(third, key)
      await assert.rejects(work.finish(), SessionDecodeError)
      assert.deepEqual(await look(third, key), before)
      assert.ok(before === 'refused' || before?.data === laterData)
    },
  },
  {
    name: 'D20 a column that this version does not know keeps its value across a commit and a touch',
    needsTable: true,
    async run({ running: { address }, stores: [store, other] }) {
      const clock = movableClock()
      const browser = new Browser(startNode(store, { clock }).sessions)
      await browser.visit((session) => session.set('color', 'red'))
      await runSql(address, 'alter table coatcheck_sessions add column added_later int')
      await runSql(address, 'update coatcheck_sessions set added_later = 20')
      const countKept = async (): Promise<number> => {
        const [row] = await runSql(
          address,
          'select count(*) as kept from coatcheck_sessions where added_later = 20',
        )
        return Number(row?.['kept'])
      }
      const kept = await countKept()
      assert.ok(kept > 0)
      const elsewhere = new Browser(startNode(other, { clock }).sessions, browser.cookie)
      await elsewhere.visit((session) => session.set('color', 'blue'))
      clock.advance(3 * hour)
      await elsewhere.visit((session) => session.get('color'))
      await elsewhere.visit((session) => session.login(newUser()))
      assert.equal(await elsewhere.see((session) => session.get('color')), 'blue')
      assert.equal(await countKept(), kept)
      // And one that it does not know of is no obstacle to a new session.
      await new Browser(startNode(other).sessions).visit((session) => session.set('color', 'red'))
    },
  },
]
