// HTTP calls a request with its response an exchange. A session needs to know little of it, and
// this is all: adapters report it through the manager, and session-headers.ts answers with headers.

/**
 * How far the head of the response is: headers can be added; the last save that can still change
 * them is under way; they are decided and handed to the adapter.
 */
export type HeadPhase = 'open' | 'saving' | 'sent'

/**
 * What a session knows of the request and the response around it: the cookie that came, whether
 * one must go, and what a cache may do with the answer. {@link decideHeaders} turns it into headers.
 */
export class Exchange {
  /** Whether the request came over https. */
  isSecure = false
  /** Whether the browser sent a cookie of our name. */
  hasCookie = false
  /** The browser's token was replaced a moment ago, most likely by an answer that has not arrived yet. */
  hasOutdatedToken = false
  /** Whether the handler looked at the session, or at its absence: the response then depends on it. */
  isAccessed = false
  /** Whether the browser must be told a new token. */
  mustSendToken = false
  /** See {@link HeadPhase}. It only moves forward. */
  head: HeadPhase = 'open'
  /** The head left as public before anybody looked at the session: a cache may keep it for everybody. */
  isPublic = false
  /** Called at a change after the head has left. */
  onLateChange: (() => void) | undefined
}
