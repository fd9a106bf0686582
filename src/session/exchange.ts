/**
 * One request and its response, as far as they matter to a session: what the browser has sent, and what can
 * still be told to it. Plain facts, noted by whoever learns them: the request's by `load`, the response's
 * by `commit` and by the calls of the handler.
 *
 * A head goes through two moments. From the first on (`isHeadLeaving`) the handler has had its say about
 * headers: what would need one is refused at the call. At the second (`isHeadSent`) the last save before it has
 * ended and the headers are decided: a token that is new from then on is never sent.
 */
export class Exchange {
  /** Whether the request came over https: with `secure: 'auto'` the cookie's attribute follows it. */
  isSecure = false
  /** Whether the browser sent a cookie of our name, of whatever worth: only then is there one to clear. */
  hasCookie = false
  /**
   * Whether the token was replaced a moment ago, most likely by an answer that has not arrived yet: a cookie
   * of ours would then take the place of the new one.
   */
  isOutdated = false
  /** Whether the handler looked at the session, or at its absence: the answer then depends on the cookie. */
  isLookedAt = false
  /** Whether the browser must be told a new token. */
  isTokenNew = false
  /** Whether the handler's part of the head is done: no call may need a header any more. */
  isHeadLeaving = false
  /** Whether the headers are decided: a cookie that is new now is never sent. */
  isHeadSent = false
  /** Whether the head left as public, for everybody, before anyone looked at the session. */
  isHeadPublic = false
  /** Called at each change that comes once the head is leaving: the adapter then saves at the response's end. */
  onLateChange: (() => void) | undefined
}
