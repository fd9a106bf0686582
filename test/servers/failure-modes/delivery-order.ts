import assert from 'node:assert/strict'
import { Browser } from '../../core/harness.ts'
import type { LooseSession } from '../../core/harness.ts'
import { Random } from '../../schedules/decisions.ts'
import { newUser, range, startNode } from './failure-mode.ts'
import type { FailureMode } from './failure-mode.ts'
import { answersOf, begin, deliver, open } from './visitor.ts'

const login = (session: LooseSession): void => session.login(newUser())
const logout = (session: LooseSession): void => session.logout()
const rotate = (session: LooseSession): void => session.regenerateId()
const write = (session: LooseSession): void => session.set('size', 'large')
const read = (session: LooseSession): unknown => session.get('color')

/** What overlaps on one session. */
const overlaps: readonly (readonly ((session: LooseSession) => unknown)[])[] = [
  [rotate, write, read, rotate, write],
  [login, write, read, rotate],
  [login, login, write, read],
  [logout, write, read, write],
  [logout, rotate, write, read],
  [logout, login, write, read],
]

export const deliveryOrder: readonly FailureMode[] = [
  {
    name: 'D17 whatever Set-Cookie arrives last, the token in the browser is live or the next request replaces it',
    async run(ground) {
      const random = new Random(17)
      for (const deeds of overlaps) {
        const browser = await begin(ground)
        const nodes = ground.stores.map((store) => startNode(store))
        const visits = await Promise.all(
          deeds.map((_, turn) => new Browser(nodes[turn % 3]!.sessions, browser.cookie).open()),
        )
        await Promise.all(visits.map(({ session }, turn) => deeds[turn]?.(session)))
        const answers = (await Promise.allSettled(visits.map((visit) => visit.conclude()))).flatMap(answersOf)
        for (const round of range(20)) {
          const copy = new Browser(nodes[0]!.sessions, browser.cookie)
          deliver(copy, answers, random)
          const held = copy.cookie
          const isLive = (await open(ground, held)).color !== undefined
          if (!isLive) assert.ok(deeds.includes(logout) || deeds.includes(login))
          await copy.visit((session) => session.set('healed', round))
          assert.equal(await copy.see((session) => session.get('healed')), round)
          if (isLive) assert.equal(copy.cookie, held)
        }
      }
    },
  },
]
