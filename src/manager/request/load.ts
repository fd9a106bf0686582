// From the Cookie header to a session: token, hashes, record, verifier. A step that fails leaves a
// new session in memory and a `rejected` event, and none sends a cookie: a late response to an old
// token must not clear the newer one (docs/decisions/0003). A store that fails proves nothing about
// the session, so its error is kept and thrown at the first use. Nothing of a rejected cookie is
// adopted: a token that opens no record never becomes a session's (session fixation, CWE-384). Around the state
// comes the public Session, after the row of a visitor under `eager`, and what `onStoreFailure` says of a failure.

import { isPromise, whenReady } from '../../awaitable.ts'
import type { UncachedRead } from '../../contract/capabilities.ts'
import { SessionDecodeError, SessionStoreError } from '../../contract/errors.ts'
import type { SessionError } from '../../contract/errors.ts'
import { answerTime, hasExpired, ownRecord } from '../../contract/record.ts'
import type { Awaitable, SessionRecord } from '../../contract/store.ts'
import { matchesPath } from '../../cookie/cookie-options.ts'
import { mostCookies, readCookie } from '../../cookie/read-cookie.ts'
import { acceptsToken, isSameHash } from '../../id/hash.ts'
import type { TokenHashes } from '../../id/hash.ts'
import { ownProperty } from '../../own-property.ts'
import { endOf } from '../../session/lifetime.ts'
import type { UseRecorder } from '../../session/lifetime.ts'
import { SessionState } from '../../session/session-state.ts'
import { Session } from '../../session/session.ts'
import type { ReplacedToken } from '../../session/standing.ts'
import { findDamage, hasCapability, settle } from '../call-store.ts'
import type { RejectionReason } from '../events.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { Saver } from '../saving/saver.ts'
import type { RequestLine } from '../session-options.ts'
import type { Toucher } from '../upkeep/toucher.ts'
import type { ExchangeRequest } from './exchange.ts'

/** What a load needs of its manager. */
export interface LoadParts {
  readonly settings: ManagerSettings
  readonly saver: Saver
  readonly toucher: Toucher
}

/** A token that the request sent, and its hashes. */
interface PresentedToken {
  readonly token: string
  readonly hashes: TokenHashes
}

/** What a token turned out to be. */
type Finding =
  | {
      readonly is: 'open'
      readonly token: string
      readonly hashes: TokenHashes
      readonly record: SessionRecord
    }
  | { readonly is: 'replaced'; readonly replaced: ReplacedToken; readonly handle?: string | undefined }
  | { readonly is: 'rejected'; readonly reason: RejectionReason; readonly handle?: string | undefined }
  | { readonly is: 'damaged'; readonly key: string; readonly error: SessionError; readonly handle?: unknown }
  | { readonly is: 'failed'; readonly error: SessionError }

/** The session of a request. Stays synchronous when the store answers at once. */
export function loadSession<Data>(parts: LoadParts, request: ExchangeRequest): Awaitable<Session<Data>> {
  const state = loadState(parts.settings, parts.toucher, request.cookie)
  return whenReady(state, (loaded) => openSession<Data>(parts, loaded, request))
}

/**
 * The session that a Cookie header opens, or a new one. Never fails: a store error is kept in the state
 * and thrown by the first use, so that pages without a session still work.
 */
function loadState(
  settings: ManagerSettings,
  toucher: UseRecorder,
  cookieHeader: unknown,
): Awaitable<SessionState> {
  const state = new SessionState(settings, toucher)
  const values = readCookie(cookieHeader, settings.cookie.name)
  if (values.length === 0) return state
  state.exchange.hasCookie = true
  if (values.length > mostCookies) return reject(settings, state, 'duplicate')
  const tokens = findTokens(settings, values)
  const [first] = tokens
  if (first === undefined) return reject(settings, state, 'malformed')
  if (tokens.length === 1) {
    const finding = examine(settings, first, state.exchange.arrivedAt)
    const conclude = (found: Finding): SessionState => adopt(settings, state, found, values.length)
    return whenReady(finding, conclude)
  }
  const findings = tokens.map((presented) => examine(settings, presented, state.exchange.arrivedAt))
  return Promise.all(findings.map(async (finding) => finding)).then((found) =>
    adopt(settings, state, choose(found), values.length),
  )
}

function findTokens({ tokenHashes }: ManagerSettings, values: readonly string[]): readonly PresentedToken[] {
  const found: PresentedToken[] = []
  for (const token of values) {
    const hashes = tokenHashes.find(token)
    if (hashes) found.push({ token, hashes })
  }
  return found
}

/** Reads the record of a token, within the timeout, and judges it. */
function examine(settings: ManagerSettings, presented: PresentedToken, now: number): Awaitable<Finding> {
  const { hashes } = presented
  return settle<SessionRecord | undefined, Awaitable<Finding>>(
    settings,
    'read',
    () => readRecord(settings, hashes, now),
    (record) => judge(settings, presented, record, now),
    (error) =>
      error instanceof SessionDecodeError
        ? { is: 'damaged', key: hashes.key, error }
        : { is: 'failed', error: error as SessionError },
  ) as Awaitable<Finding>
}

/**
 * A single call of the store, unless the record does not open and the store has a cache: another process may have
 * replaced the verifier since, at a login, or recorded a use. Believing the cache would make the user a visitor,
 * whose first change replaces the new cookie, or end a session that is in use.
 */
function readRecord(
  settings: ManagerSettings,
  hashes: TokenHashes,
  now: number,
): Awaitable<SessionRecord | undefined> {
  const { store } = settings
  const answer = store.read(hashes.key, now)
  if (!hasCapability<UncachedRead>(store, 'readUncached')) return answer
  const readAgain = (record: SessionRecord | undefined): Awaitable<SessionRecord | undefined> => {
    const isDoubtful =
      record && (!acceptsToken(record, hashes, now) || now >= endOf(record, settings.lifetimes))
    return isDoubtful ? store.readUncached(hashes.key, now) : record
  }
  return whenReady(answer, readAgain)
}

/**
 * Whether the token opens the record. The selector only finds it; the verifier is compared by hashes and
 * in constant time, so that neither an index nor the time taken reveals anything (CVE-2019-16782). A record over a
 * limit that was shortened is ended here.
 */
function judge(
  settings: ManagerSettings,
  { token, hashes }: PresentedToken,
  received: SessionRecord | undefined,
  now: number,
): Awaitable<Finding> {
  if (!received) {
    return settings.endedKeys.has(hashes.key)
      ? { is: 'replaced', replaced: { record: undefined, mayEnd: false } }
      : { is: 'rejected', reason: 'unknown' }
  }
  const damage = findDamage(received, settings.maxSize)
  const record = ownRecord(received)
  if (damage) {
    if (!isSameHash(hashes.verifierHash, record.verifierHash))
      return { is: 'rejected', reason: 'wrong-verifier' }
    return { is: 'damaged', key: hashes.key, error: damage, handle: record.handle }
  }
  if (hasExpired(record, now)) return { is: 'rejected', reason: 'unknown' }
  if (now >= endOf(record, settings.lifetimes)) return endRecord(settings, hashes.key, record, now)
  if (acceptsToken(record, hashes, now)) return { is: 'open', token, hashes, record: received }
  const { handle, rotatedAt = 0 } = record
  if (now - rotatedAt >= answerTime) return { is: 'rejected', reason: 'wrong-verifier', handle }
  const mayEnd = isSameHash(hashes.verifierHash, record.previousVerifierHash)
  return { is: 'replaced', replaced: { record: received, mayEnd }, handle }
}

/**
 * A record over a limit that was shortened is deleted then and there, so that it stays ended when the option is
 * lengthened again or a server with the older options asks. Read and delete together take `timeout` at most.
 */
function endRecord(
  settings: ManagerSettings,
  key: string,
  { owner, handle }: SessionRecord,
  arrivedAt: number,
): Awaitable<Finding> {
  const { store, emit, clock, timeout } = settings
  const left = Math.min(timeout, Math.max(0, arrivedAt + timeout - clock.now()))
  const ended: Finding = { is: 'rejected', reason: 'unknown' }
  return settle<boolean, Finding>(
    { timeout: left, clock },
    'delete',
    () => store.delete(key, owner ?? null),
    () => ended,
    (error) => {
      emit({ type: 'failed', during: 'load', handle, error: error as Error })
      return ended
    },
  )
}

/**
 * What several cookies of our name amount to: what counts is records, since a sibling domain can set any number of
 * cookies. Exactly one that opens is served. Two that do are ambiguous, and so is one beside a read that failed.
 */
function choose(findings: readonly Finding[]): Finding {
  const failed = findings.find(({ is }) => is === 'failed')
  if (failed) return failed
  const open = findings.filter(({ is }) => is === 'open')
  const replaced = findings.find(({ is }) => is === 'replaced')
  // Nothing is created beside one that was just replaced, and it is not clear whose logout this would be.
  if (open.length > 1 && replaced) return { is: 'replaced', replaced: { record: undefined, mayEnd: false } }
  if (open.length > 1) return { is: 'rejected', reason: 'duplicate' }
  const other = replaced ?? findings.find(({ is }) => is === 'damaged')
  return open[0] ?? other ?? (findings[0] as Finding)
}

/** Makes the state what was found, and reports what is not as usual. */
function adopt(
  settings: ManagerSettings,
  state: SessionState,
  found: Finding,
  cookies: number,
): SessionState {
  switch (found.is) {
    case 'open': {
      const { token, hashes, record } = found
      settings.tokenHashes.remember(token, hashes)
      state.rebase(record, token)
      if (cookies > 1) settings.emit({ type: 'ambiguous', handle: record.handle, cookies })
      return state
    }
    case 'replaced':
      state.standing.replaceToken(found.replaced)
      return reject(settings, state, 'replaced', found.handle)
    case 'rejected':
      return reject(settings, state, found.reason, found.handle)
    case 'damaged':
      return refuseDamaged(state, found.key, found.error, found.handle)
    default:
      state.standing.fail(found.error)
      settings.emit({ type: 'failed', during: 'load', error: found.error })
      return state
  }
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

/** A damaged record can still be removed: by the key that was read, whatever key the record itself holds. */
function refuseDamaged(state: SessionState, key: string, error: SessionError, handle: unknown): SessionState {
  const known = typeof handle === 'string' ? handle : undefined
  state.refuseRecord(error, known, { key, handle: known ?? state.handle })
  return state
}

function openSession<Data>(
  { settings, saver }: LoadParts,
  state: SessionState,
  request: ExchangeRequest,
): Awaitable<Session<Data>> {
  const { exchange } = state
  const [method, path] = [ownProperty(request, 'method'), ownProperty(request, 'path')]
  exchange.isSecure = request.secure
  exchange.line = method && path ? { method, path } : undefined
  // A cookie that opened a session will be sent again, whatever the path says.
  if (!state.record && path !== undefined && !matchesPath(settings.cookie, path)) state.standing.leavePath()
  const open = (): Session<Data> => {
    const failure = state.standing.is('unusable') ? state.standing.reason : undefined
    if (failure instanceof SessionStoreError && allowsVisitor(settings, exchange.line)) {
      state.standing.goOnAsVisitor()
      settings.emit({ type: 'degraded', error: failure })
    }
    return new Session<Data>(state, saver)
  }
  return settings.eager && canCreateEagerly(state) ? saver.createEagerly(state).then(open) : open()
}

/**
 * What `onStoreFailure` says about a request. A function that throws must not make the load fail, nor an
 * asynchronous one that rejects end the process.
 */
function allowsVisitor(
  { onStoreFailure: policy, emit }: ManagerSettings,
  line: RequestLine | undefined,
): boolean {
  if (typeof policy !== 'function') return policy === 'visitor'
  if (!line) return false
  const report = (error: unknown): void => emit({ type: 'failed', during: 'load', error: error as Error })
  try {
    const answer: unknown = policy(line)
    if (isPromise(answer)) Promise.resolve(answer).catch(report)
    return answer === 'visitor'
  } catch (error) {
    report(error)
    return false
  }
}

/**
 * Whether `eager` may create a session: not when the store has failed, not when the browser is about to receive a
 * newer cookie, which this one would replace, and not where it would never send the cookie back.
 */
function canCreateEagerly({ record, standing }: SessionState): boolean {
  return !record && standing.is('open')
}

/** The session of a request that the option `skip` exempts: any use of it throws. */
export function createSkippedSession<Data>(settings: ManagerSettings, saver: Saver): Session<Data> {
  const state = new SessionState(settings)
  state.standing.skip()
  return new Session<Data>(state, saver)
}
