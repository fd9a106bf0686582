// The drawing in docs/architecture.md is followed arrow by arrow, so that it can be believed.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { SessionConflictError, SessionDecodeError, SessionStoreError } from '../../src/contract/errors.ts'
import type { Draft } from '../../src/session/draft.ts'
import { Standing, allowed } from '../../src/session/standing.ts'
import type { Act, StandingState } from '../../src/session/standing.ts'

const page = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8')
const [, drawing = ''] = /## What may still be done with a session[\s\S]*?```\n([\s\S]*?)```/.exec(page) ?? []

interface Arrow {
  readonly from: string
  readonly transition: string
  readonly to: string
}

/** The arrows of one line: what begins at the margin begins at the state that the drawing begins with. */
function readArrows(line: string): Arrow[] {
  const words = line.match(/\w+/g) ?? []
  const states = line.startsWith(' |-- ') ? ['open', ...words] : words
  const arrows: Arrow[] = []
  for (let index = 0; index + 2 < states.length; index += 2) {
    const [from = '', transition = '', to = ''] = states.slice(index)
    arrows.push({ from, transition, to })
  }
  return arrows
}

const arrows = drawing.split('\n').flatMap(readArrows)
const states = Object.keys(allowed) as StandingState[]
const storeError = new SessionStoreError('read', 'the store failed')
const decodeError = new SessionDecodeError('damaged')
const shown = {} as Draft

const transitions: Readonly<Record<string, (standing: Standing) => void>> = {
  skip: (standing) => standing.skip(),
  fail: (standing) => standing.fail(storeError),
  goOnAsVisitor: (standing) => standing.goOnAsVisitor(),
  refuseRecord: (standing) => standing.refuseRecord(decodeError, false),
  replaceToken: (standing) => standing.replaceToken({ record: undefined, mayEnd: false }),
  leavePath: (standing) => standing.leavePath(),
  startOwn: (standing) => standing.startOwn(),
  dropLogin: (standing) => standing.dropLogin(shown),
  end: (standing) => standing.end(false),
  destroy: (standing) => standing.destroy(),
  sendUnused: (standing) => standing.sendUnused(),
  sendAsPublic: (standing) => standing.sendAsPublic(),
  loseChanges: (standing) => standing.loseChanges(storeError),
}

/** A standing that was led to a state by the arrows of the drawing. */
function reach(state: string, isTried: readonly string[] = []): Standing {
  if (state === 'open') return new Standing()
  const arrow = arrows.find(({ from, to }) => to === state && from !== to && !isTried.includes(from))
  assert.ok(arrow, `no arrow leads to ${state}`)
  const standing = reach(arrow.from, [...isTried, state])
  transitions[arrow.transition]?.(standing)
  return standing
}

function stateOf(standing: Standing): StandingState | undefined {
  return states.find((state) => standing.is(state))
}

function permissionsOf(standing: Standing): readonly Act[] {
  const acts: readonly Act[] = ['read', 'save', 'end', 'change']
  return acts.filter((act) => {
    try {
      standing.assertAllows(act)
      return true
    } catch {
      return false
    }
  })
}

describe('the drawing of what may still be done with a session', () => {
  test('the drawing of what may still be done with a session shows every state, and no other', () => {
    const drawn = new Set(arrows.flatMap(({ from, to }) => [from, to]))
    assert.deepEqual([...drawn].toSorted(), states.toSorted())
  })

  test('the drawing of what may still be done with a session has a row for every state', () => {
    for (const state of states) assert.match(page, new RegExp(`^\\| \`${state}\` +\\|`, 'm'))
  })

  test('the drawing of what may still be done with a session shows every transition, and no other', () => {
    const questions = /^(?:constructor|is|assert.*|noteConflict)$/
    const methods = Object.entries(Object.getOwnPropertyDescriptors(Standing.prototype))
      .filter(([name, { value }]) => typeof value === 'function' && !questions.test(name))
      .map(([name]) => name)
    const drawn = new Set(arrows.map(({ transition }) => transition))
    assert.deepEqual([...drawn].toSorted(), methods.toSorted())
    assert.deepEqual(Object.keys(transitions).toSorted(), methods.toSorted())
  })

  for (const { from, transition, to } of arrows) {
    test(`the drawing of what may still be done with a session is right that ${transition} leads from ${from} to ${to}`, () => {
      const standing = reach(from)
      assert.equal(stateOf(standing), from)
      transitions[transition]?.(standing)
      assert.equal(stateOf(standing), to)
    })
  }
})

describe('the standing of a session', () => {
  for (const state of states) {
    test(`the standing of a session allows in the state ${state} what is listed, and refuses all else with a reason`, () => {
      const standing = reach(state)
      assert.deepEqual(permissionsOf(standing), allowed[state])
      assert.equal(standing.reason === undefined, state === 'open')
    })
  }

  test('the standing of a session goes from every state that can be left to public, destroyed, lost and unreadable', () => {
    for (const state of states) {
      if (allowed[state].length === 0) continue
      const ends: readonly (readonly [string, StandingState])[] = [
        ['sendAsPublic', 'public'],
        ['destroy', 'destroyed'],
        ['loseChanges', 'lost'],
        ['refuseRecord', 'unreadable'],
      ]
      for (const [transition, end] of ends) {
        const standing = reach(state)
        transitions[transition]?.(standing)
        assert.equal(stateOf(standing), end, `${transition} of ${state}`)
      }
    }
  })

  test('the standing of a session is outside of the path again after the end of a session that could not be read there', () => {
    const standing = new Standing()
    standing.refuseRecord(decodeError, false)
    standing.leavePath()
    assert.ok(standing.is('unreadable'))
    standing.end(false)
    assert.ok(standing.is('outside'))
  })

  test('the standing of a session stays as it is where a record that cannot be read was discarded, and can still end it', () => {
    const standing = new Standing()
    const record = { key: 'k', handle: 'h' }
    standing.refuseRecord(decodeError, true, record)
    assert.ok(standing.is('open'))
    assert.equal(standing.unreadableRecord, record)
    standing.end(false)
    assert.equal(standing.unreadableRecord, undefined)
  })

  test('the standing of a session is that of a replaced token again when the session that a login started has ended before it was stored', () => {
    const standing = reach('replaced')
    standing.startOwn()
    standing.end(false)
    assert.ok(standing.is('replaced'))
    standing.startOwn()
    standing.end(true)
    assert.ok(standing.is('open'))
  })

  test('the standing of a session refuses a destroyed session as destroyed, though the save of its end has failed', () => {
    const standing = reach('destroyed')
    standing.loseChanges(storeError)
    assert.throws(() => standing.assertAllows('read'), /was destroyed in this request/)
    assert.throws(() => standing.assertSaved(), storeError)
  })

  test('the standing of a session shows what follows a dropped login, and refuses what was refused before for the former reason', () => {
    const standing = reach('visitor')
    standing.dropLogin(shown)
    assert.ok(standing.is('visitor') && standing.shown)
    assert.throws(() => standing.assertAllows('change'), storeError)
  })

  test('claims no change that a save has dropped and that nobody has awaited', () => {
    const standing = new Standing()
    const conflict = new SessionConflictError('gone', 'gone')
    standing.noteConflict(conflict, { isAwaited: true } as Parameters<Standing['noteConflict']>[1])
    standing.assertSaved()
    standing.noteConflict(conflict, { isAwaited: false } as Parameters<Standing['noteConflict']>[1])
    assert.throws(() => standing.assertSaved(), conflict)
  })
})
