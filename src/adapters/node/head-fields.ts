// A node head in the form in which the manager edits headers. Names are written as they are usually spelled,
// since node sends them as they were set.

import type { HeaderFields } from '../../manager/request/cache-policy.ts'

/** What is needed of a head; a node response is one as well. */
export interface NodeHeaders {
  getHeader(name: string): number | string | readonly string[] | undefined
  setHeader(name: string, value: string): unknown
  removeHeader(name: string): void
  getHeaderNames(): readonly string[]
}

/** The headers of a node head, for `applyCaching`. */
export class HeadFields implements HeaderFields {
  readonly #head: NodeHeaders

  constructor(head: NodeHeaders) {
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
