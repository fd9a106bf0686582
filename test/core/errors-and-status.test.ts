import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  SessionConfigError,
  SessionConflictError,
  SessionDecodeError,
  SessionError,
  SessionStateError,
  SessionStoreError,
  SessionTooLargeError,
} from '../../src/contract/errors.ts'
import type { AnySessionError, SessionErrorCode } from '../../src/contract/errors.ts'

const cause = new Error('cause')
const samples: readonly [AnySessionError, string, SessionErrorCode, number][] = [
  [new SessionConfigError('m', { cause }), 'SessionConfigError', 'ERR_SESSION_CONFIG', 500],
  [new SessionStoreError('read', 'm', { cause }), 'SessionStoreError', 'ERR_SESSION_STORE', 503],
  [new SessionDecodeError('m', { cause }), 'SessionDecodeError', 'ERR_SESSION_DECODE', 500],
  [new SessionConflictError('busy', 'm', { cause }), 'SessionConflictError', 'ERR_SESSION_CONFLICT', 503],
  [new SessionTooLargeError('m', 2, 1), 'SessionTooLargeError', 'ERR_SESSION_TOO_LARGE', 500],
  [new SessionStateError('m', { cause }), 'SessionStateError', 'ERR_SESSION_STATE', 500],
]
const classes = [
  SessionConfigError,
  SessionStoreError,
  SessionDecodeError,
  SessionConflictError,
  SessionTooLargeError,
  SessionStateError,
]

describe('each error', () => {
  for (const [error, name, code, status] of samples) {
    test(`${name} has its name, code and status`, () => {
      assert.deepEqual([error.name, error.code, error.status, error.message], [name, code, status, 'm'])
      assert.ok(error instanceof Error)
      assert.ok(error instanceof SessionError)
      assert.ok(error.stack?.startsWith(`${name}: m`) || error.stack?.startsWith('Error: m'))
    })

    test(`${name} is an instance of its own class only`, () => {
      const matches = classes.filter((each) => error instanceof each)
      assert.deepEqual(
        matches.map((each) => each.name),
        [name],
      )
    })

    test(`${name} can be told apart by code in a switch`, () => {
      switch (error.code) {
        case 'ERR_SESSION_STORE':
          assert.equal(error.operation, 'read')
          break
        case 'ERR_SESSION_CONFLICT':
          assert.equal(error.reason, 'busy')
          break
        case 'ERR_SESSION_TOO_LARGE':
          assert.deepEqual([error.size, error.limit], [2, 1])
          break
        case 'ERR_SESSION_CONFIG':
        case 'ERR_SESSION_DECODE':
        case 'ERR_SESSION_STATE':
          break
        default:
          assert.fail(error satisfies never)
      }
    })
  }

  test('each error keeps its cause', () => {
    assert.equal(new SessionStoreError('read', 'm', { cause }).cause, cause)
    assert.equal('cause' in new SessionStoreError('read', 'm'), false)
  })
})

describe('instanceof', () => {
  test('instanceof survives two copies of the package', async () => {
    const source: string = '../../src/contract/errors.ts'
    const copy: typeof import('../../src/contract/errors.ts') = await import(`${source}?copy`)
    assert.notEqual(copy.SessionStoreError, SessionStoreError)
    const error = new copy.SessionStoreError('read', 'm')
    assert.ok(error instanceof SessionStoreError)
    assert.ok(error instanceof SessionError)
    assert.equal(error instanceof SessionConflictError, false)
    assert.ok(new SessionStateError('m') instanceof copy.SessionError)
  })

  test('instanceof takes nothing else for one of ours', () => {
    const others: readonly unknown[] = [
      new Error('m'),
      { code: 'ERR_SESSION_STORE' },
      null,
      undefined,
      'ERR_SESSION_STORE',
      5,
      () => {},
    ]
    for (const other of others) {
      for (const each of [SessionError, ...classes]) assert.equal(other instanceof each, false)
    }
  })

  test('instanceof of a class that an application derives means that class only', () => {
    class Mine extends SessionStateError {}
    assert.ok(new Mine('m') instanceof Mine)
    assert.ok(new Mine('m') instanceof SessionStateError)
    assert.equal(new SessionStateError('m') instanceof Mine, false)
    assert.equal(new Mine('m').name, 'Mine')
  })
})
