// From the Cookie header to a session: token, hashes, record, verifier. A step that fails leaves a
// new session in memory and a `rejected` event, and none sends a cookie: a late response to an old
// token must not clear the newer one (docs/decisions/0003). A store that fails proves nothing about
// the session, so its error is kept and thrown at the first use. Nothing of a rejected cookie is
// adopted: a token that opens no record never becomes a session's (session fixation, CWE-384).

import type { UncachedRead } from '../capabilities.ts'
import { readCookie } from '../cookie/read-cookie.ts'
import { SessionDecodeError } from '../errors.ts'
import type { SessionError } from '../errors.ts'
import { isSameHash } from '../id/hash.ts'
import type { TokenHashes } from '../id/token-hash-cache.ts'
import { isPromise } from '../is-promise.ts'
import { ownProperty } from '../own-property.ts'
import { hasExpired } from '../record.ts'
import { SessionState } from '../session/session-state.ts'
import type { Awaitable, SessionRecord, SessionStore } from '../store.ts'
import { settle } from './call-store.ts'
import type { RejectionReason } from './events.ts'
import { findDamage } from './find-damage.ts'
import { hasCapability } from './has-capability.ts'
import type { ManagerSettings } from './resolve-options.ts'

/**
 * How long, in milliseconds, the response to a login may take to reach the browser with the new token.
 * Until then a request with the old token is assumed to have been sent before it arrived, and must not
 * replace the new cookie with one of its own.
 */
const answerTime = 60_000

/** The token that the request sent, and its hashes. */
interface PresentedToken {
  readonly token: string
  readonly hashes: TokenHashes
}

/**
 * The session that a Cookie header opens, or a new one. Never fails: a store error is kept in the state
 * and thrown by the first use, so that pages without a session still work.
 */
export function loadState(settings: ManagerSettings, cookieHeader: unknown): Awaitable<SessionState> {
  const state = new SessionState(settings)
  const values = readCookie(cookieHeader, settings.cookie.name)
  const [token] = values
  if (token === undefined) return state
  state.exchange.hasCookie = true
  if (values.length > 1) return reject(settings, state, 'duplicate')
  const hashes = settings.tokenHashes.find(token)
  return hashes ? readState(settings, state, { token, hashes }) : reject(settings, state, 'malformed')
}

/** Reads the record, within the timeout. */
function readState(
  settings: ManagerSettings,
  state: SessionState,
  presented: PresentedToken,
): Awaitable<SessionState> {
  const now = settings.clock.now()
  return settle(
    settings,
    'read',
    () => readRecord(settings.store, presented.hashes, now),
    (record) => checkRecord(settings, state, presented, record, now),
    (error) => keepFailure(settings, state, presented.hashes.key, error),
  )
}

/**
 * A single call of the store, unless the token does not open the record and the store has a cache: another
 * process may have replaced the verifier since, at a login. Believing the cache would make the user a
 * visitor, whose first change replaces the new cookie.
 */
function readRecord(
  store: SessionStore,
  hashes: TokenHashes,
  now: number,
): Awaitable<SessionRecord | undefined> {
  const answer = store.read(hashes.key, now)
  if (!hasCapability<UncachedRead>(store, 'readUncached')) return answer
  const readAgain = (record: SessionRecord | undefined): Awaitable<SessionRecord | undefined> =>
    record && !acceptsToken(record, hashes, now) ? store.readUncached(hashes.key, now) : record
  return isPromise(answer) ? Promise.resolve(answer).then(readAgain) : readAgain(answer)
}

/**
 * Whether the token opens the record. The selector only finds it; the verifier is compared by hashes and
 * in constant time, so that neither an index nor the time taken reveals anything (CVE-2019-16782).
 */
function checkRecord(
  settings: ManagerSettings,
  state: SessionState,
  { token, hashes }: PresentedToken,
  record: SessionRecord | undefined,
  now: number,
): SessionState {
  if (!record) return reject(settings, state, 'unknown')
  const damage = findDamage(record, settings.maxSize)
  if (damage) {
    if (!isSameHash(hashes.verifierHash, record.verifierHash))
      return reject(settings, state, 'wrong-verifier')
    return refuseDamaged(state, hashes.key, damage, record.handle)
  }
  if (hasExpired(record, now)) return reject(settings, state, 'unknown')
  if (!acceptsToken(record, hashes, now)) {
    state.exchange.hasOutdatedToken = now - (record.authenticatedAt ?? 0) < answerTime
    return reject(settings, state, 'wrong-verifier', record.handle)
  }
  settings.tokenHashes.remember(token, hashes)
  state.rebase(record, token)
  return state
}

/** Whether a token's verifier is the record's, or its previous one within the grace of a rotation. */
export function acceptsToken(record: SessionRecord, presented: TokenHashes, now: number): boolean {
  return (
    isSameHash(presented.verifierHash, record.verifierHash) ||
    (now < (ownProperty(record, 'graceUntil') ?? 0) &&
      isSameHash(presented.verifierHash, ownProperty(record, 'previousVerifierHash')))
  )
}

/** The cookie opens no session: reports why, and leaves the state empty. */
function reject(
  settings: ManagerSettings,
  state: SessionState,
  reason: RejectionReason,
  handle?: string,
): SessionState {
  settings.emit({ type: 'rejected', reason, ...(handle === undefined ? {} : { handle }) })
  return state
}

/** A store that decodes records itself may find one damaged, which is not a failure of the store. */
function keepFailure(
  settings: ManagerSettings,
  state: SessionState,
  key: string,
  error: unknown,
): SessionState {
  if (error instanceof SessionDecodeError) return refuseDamaged(state, key, error, undefined)
  state.failure = error as SessionError
  settings.emit({ type: 'failed', during: 'load', error: state.failure })
  return state
}

/** A damaged record can still be removed: by the key that was read, whatever key the record itself holds. */
function refuseDamaged(state: SessionState, key: string, error: SessionError, handle: unknown): SessionState {
  const known = typeof handle === 'string' ? handle : undefined
  state.unreadable = { key, handle: known ?? state.handle }
  state.refuseRecord(error, known)
  return state
}
