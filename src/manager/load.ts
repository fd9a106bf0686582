// The way in: Cookie header, token, hash, record, verifier. Every step that fails ends in a new
// session in memory and an event with the reason, and none sends a cookie: a late answer to an old
// token must not clear the newer one (docs/decisions/0003). Trouble with the store is different: it
// is no proof that the session does not exist, so it is kept and thrown at the first use. Whatever
// the cookie says, nothing of it is adopted: a token that opens nothing never becomes a session's
// (session fixation, CWE-384).

import { readCookie } from '../cookie/read-cookie.ts'
import { SessionDecodeError } from '../errors.ts'
import type { SessionError } from '../errors.ts'
import { isSameHash } from '../id/hash.ts'
import type { TokenHashes } from '../id/token-hash-cache.ts'
import { isPromise } from '../is-promise.ts'
import { hasExpired } from '../record.ts'
import { SessionState } from '../session/session-state.ts'
import type { Awaitable, SessionRecord } from '../store.ts'
import { callStore } from './call-store.ts'
import type { RejectionReason } from './events.ts'
import { findDamage } from './find-damage.ts'
import type { ManagerSettings } from './resolve-options.ts'

/**
 * How long the answer to a login, which carries the new token, may take to arrive. A request with the old one is
 * until then taken for one that left the browser earlier: it must not put a cookie of its own in
 * the place of the new one.
 */
const answerTime = 60_000

/**
 * From the Cookie header to a session. Never fails: store trouble is kept in the state and thrown
 * by the first call of the handler, so that pages without a session work on.
 */
export function loadState(settings: ManagerSettings, cookieHeader: unknown): Awaitable<SessionState> {
  const state = new SessionState(settings)
  const values = readCookie(cookieHeader, settings.cookie.name)
  const [token] = values
  if (token === undefined) return state
  state.exchange.hasCookie = true
  if (values.length > 1) return reject(settings, state, 'duplicate')
  const hash = settings.tokenHashes.find(token)
  return hash ? readState(settings, state, token, hash) : reject(settings, state, 'malformed')
}

/** Asks the store for the record, at most once, and stays synchronous when it answers at once. */
function readState(
  settings: ManagerSettings,
  state: SessionState,
  token: string,
  hash: TokenHashes,
): Awaitable<SessionState> {
  const { store, clock, timeout } = settings
  const now = clock.now()
  const proceed = (record: SessionRecord | undefined): SessionState =>
    admit(settings, state, token, hash, record, now)
  try {
    const answer = callStore('read', () => store.read(hash.key, now), timeout, clock)
    if (!isPromise(answer)) return proceed(answer)
    return answer.then(proceed, (error: unknown) => fail(settings, state, hash.key, error))
  } catch (error) {
    return fail(settings, state, hash.key, error)
  }
}

/**
 * Whether the record may be used, from the cheapest question to the last. The selector only finds it;
 * the verifier is compared in constant time, by hash, so that neither an index nor the time it takes
 * tells anything (CVE-2019-16782).
 */
function admit(
  settings: ManagerSettings,
  state: SessionState,
  token: string,
  hash: TokenHashes,
  record: SessionRecord | undefined,
  now: number,
): SessionState {
  if (!record) return reject(settings, state, 'unknown')
  const damage = findDamage(record, settings.maxSize)
  if (damage) {
    if (!isSameHash(hash.verifierHash, record.verifierHash)) return reject(settings, state, 'wrong-verifier')
    return refuse(state, hash.key, damage, record.handle)
  }
  if (hasExpired(record, now)) return reject(settings, state, 'unknown')
  if (!acceptsToken(record, hash, now)) {
    state.exchange.hasOutdatedToken = now - (record.authenticatedAt ?? 0) < answerTime
    return reject(settings, state, 'wrong-verifier', record.handle)
  }
  settings.tokenHashes.remember(token, hash)
  state.rebase(record, token)
  return state
}

/** Whether a token's verifier is the record's, or its previous one within the grace of a rotation. */
export function acceptsToken(record: SessionRecord, { verifierHash }: TokenHashes, now: number): boolean {
  if (isSameHash(verifierHash, record.verifierHash)) return true
  const { previousVerifierHash, graceUntil = 0 } = record
  return (
    previousVerifierHash !== undefined && now < graceUntil && isSameHash(verifierHash, previousVerifierHash)
  )
}

/** The cookie opens nothing: tells why, and lets the session begin anew. */
function reject(
  settings: ManagerSettings,
  state: SessionState,
  reason: RejectionReason,
  handle?: string,
): SessionState {
  settings.emit({ type: 'rejected', reason, ...(handle === undefined ? {} : { handle }) })
  return state
}

/** A store that decodes records itself may find one unreadable: that is no trouble with the store. */
function fail(settings: ManagerSettings, state: SessionState, key: string, error: unknown): SessionState {
  if (error instanceof SessionDecodeError) return refuse(state, key, error, undefined)
  state.failure = error as SessionError
  settings.emit({ type: 'failed', during: 'load', error: state.failure })
  return state
}

/** It cannot be read, but it can be ended: the key is the one that was asked for, whatever the record says. */
function refuse(state: SessionState, key: string, error: SessionError, handle: unknown): SessionState {
  const known = typeof handle === 'string' ? handle : undefined
  state.unreadable = { key, handle: known ?? state.handle }
  state.refuseRecord(error, known)
  return state
}
