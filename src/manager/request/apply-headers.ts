// Writes what a session adds to a response, so that no adapter has to know which headers those are.

import type { HeaderFields } from './cache-policy.ts'
import type { SessionHeaders } from './headers.ts'

/** What is needed of a node response. */
export interface NodeHeaders {
  /** The value as it was set. */
  getHeader(name: string): number | string | readonly string[] | undefined
  /** Replaces all lines of that name by one. */
  setHeader(name: string, value: string): unknown
  /** Adds a line and keeps the others of that name. */
  appendHeader(name: string, value: string): unknown
  /** Removes all lines of that name. */
  removeHeader(name: string): void
  /** The names that are set, in lower case. */
  getHeaderNames(): readonly string[]
}

/**
 * Adds the session's cookies to a response, and corrects what it tells caches: Vary keeps what it lists, and what would
 * let a shared cache keep a user's page is taken back. To be called after everything else that sets headers.
 *
 * @param headers - What `conclude` has given.
 * @param target - The `Headers` of a response, which must not be immutable, or a node response whose head is not sent.
 * @example
 * ```ts
 * const headers = new Headers({ 'Cache-Control': 'public, max-age=60' })
 * applyHeaders(await exchange.conclude({ status: 200 }), headers)
 * ```
 */
export function applyHeaders(headers: SessionHeaders, target: Headers | NodeHeaders): void {
  const isNode = 'appendHeader' in target
  for (const { line } of headers.cookies) {
    if (isNode) target.appendHeader('Set-Cookie', line)
    else target.append('set-cookie', line)
  }
  headers.applyCaching(isNode ? new NodeFields(target) : target)
}

/** The headers of a node response in the form in which they are edited. Names are sent as they are written here. @internal */
export class NodeFields implements HeaderFields {
  readonly #head: Omit<NodeHeaders, 'appendHeader'>

  constructor(head: Omit<NodeHeaders, 'appendHeader'>) {
    this.#head = head
  }

  get(name: string): string | undefined {
    const value = this.#head.getHeader(name)
    return typeof value === 'object' ? value.join(', ') : value?.toString()
  }

  set(name: string, value: string): void {
    this.#head.setHeader(name, value)
  }

  delete(name: string): void {
    this.#head.removeHeader(name)
  }

  keys(): readonly string[] {
    return this.#head.getHeaderNames()
  }
}
