import assert from 'node:assert/strict'
import { Browser } from '../../core/harness.ts'
import type { Answer } from '../../core/harness.ts'
import type { Random } from '../../schedules/decisions.ts'
import { isRefused, startNode } from './failure-mode.ts'
import type { Ground } from './failure-mode.ts'

/** A visitor with data, on the first node. */
export async function begin({ stores }: Ground): Promise<Browser> {
  const browser = new Browser(startNode(stores[0]).sessions)
  await browser.visit((session) => session.set('color', 'red'))
  return browser
}

/** What a cookie opens, seen from the third node. */
export function open({ stores }: Ground, cookie: string | undefined) {
  return new Browser(startNode(stores[2]).sessions, cookie).see((session) => ({
    userId: session.userId,
    color: session.get('color'),
  }))
}

/** What a cookie without a session opens. */
export const nothing = { userId: undefined, color: undefined }
/** What the visitor's cookie opens. */
export const anonymous = { userId: undefined, color: 'red' }

/** Answers reach a browser in any order. */
export function deliver(browser: Browser, answers: readonly Answer[], random: Random): void {
  const left = [...answers]
  while (left.length > 0)
    for (const answer of left.splice(random.below(left.length), 1)) browser.receive(answer)
}

/** The answer that reaches a browser with a cookie: none when the changes were dropped, because others were faster. */
export function answersOf(outcome: PromiseSettledResult<Answer>): readonly Answer[] {
  if (outcome.status === 'fulfilled') return [outcome.value]
  assert.ok(isRefused(outcome.reason, 'gone', 'replaced'), String(outcome.reason))
  return []
}
