// HTTP calls a request with its response an exchange. This is the little that a session needs to
// know about it: adapters report it through the manager, and session-headers.ts answers with
// headers.

/**
 * The state of the response head. `open`: headers can still be added. `saving`: the last save that can
 * change them is running. `sent`: they were handed to the adapter.
 */
export type HeadPhase = 'open' | 'saving' | 'sent'

/**
 * What a session knows about the request and response around it: which cookie was received, whether
 * one must be sent, and whether a cache may keep the response. session-headers.ts turns it into
 * headers.
 */
export class Exchange {
  /** Whether the request came over https. */
  isSecure = false
  /** When the request arrived. In milliseconds since 1970. */
  readonly arrivedAt: number
  /** The latest use of the session in this request: its arrival, or a later `save` or `touch`. */
  usedAt: number
  /** Whether the request had a cookie of our name. */
  hasCookie = false
  /** Whether this request has ended a stored session: only then may it clear the cookie. */
  hasEnded = false
  /** The key of a session that this request has ended. */
  endedKey: string | undefined
  /** Whether there was a `login` or `logout`, upon which former variants of the cookie are expired. */
  mustClearFormer = false
  /** Whether the client has hung up: no cookie will reach it, so no token may be replaced. */
  isGone = false
  /** Whether the handler used the session, even an empty one: the response then depends on it. */
  isAccessed = false
  /** Whether the response must carry a new token. */
  mustSendToken = false
  /** Whether the headers that were decided set or clear the cookie. */
  carriesCookie = false
  /** Method and path, where the adapter has told both: the option `caching` may ask for them. */
  line: { readonly method: string; readonly path: string } | undefined
  /** See {@link HeadPhase}. It only moves forward. */
  head: HeadPhase = 'open'
  /** Called when the session is changed after the head was sent. */
  onLateChange: (() => void) | undefined

  constructor(now: number) {
    this.arrivedAt = now
    this.usedAt = now
  }
}
