import { subscribe } from 'node:diagnostics_channel'
import { ServerResponse } from 'node:http'
import { before } from './before.ts'
import { search } from './search.ts'

/** A secret in two pieces is shown all the same: so much of a body is looked at again with what follows. */
const overlap = 63

const ends = new WeakMap<object, string>()

/** What servers send. What clients send is none of it: a Cookie header is where a token belongs. */
export function watchResponses(): void {
  const response = ServerResponse.prototype
  watchBody(response)
  const { _storeHeader: storeHeader } = response as unknown as { _storeHeader: (...given: unknown[]) => void }
  if (typeof storeHeader !== 'function') throw new Error('the watch for secrets finds no _storeHeader')
  Object.defineProperty(response, '_storeHeader', {
    writable: true,
    configurable: true,
    value(this: { ['_header']: string }, ...given: unknown[]) {
      Reflect.apply(storeHeader, this, given)
      search('header', this['_header'].replaceAll(/^set-cookie:.*$/gim, ''))
    },
  })
  before(response, 'writeEarlyHints', ([hints]) => search('header', hints))
  before(response, 'addTrailers', ([trailers]) => search('header', trailers))
  watchSecondVersion()
}

/** HTTP/2 gives no class to watch: its streams are met when they begin. */
function watchSecondVersion(): void {
  const known = new WeakSet<object>()
  subscribe('http2.server.stream.created', (message) => {
    const prototype = Object.getPrototypeOf((message as { stream: object }).stream) as object
    if (known.has(prototype)) return
    known.add(prototype)
    watchBody(prototype)
    for (const name of ['respond', 'additionalHeaders', 'sendTrailers']) {
      before(prototype, name, ([headers]) => {
        const { 'set-cookie': _, ...others } = { ...(headers as Record<string, unknown>) }
        search('header', others)
      })
    }
  })
}

function watchBody(prototype: object): void {
  for (const name of ['write', 'end']) {
    before(prototype, name, ([chunk, encoding], response) => {
      const text = textOf(chunk, encoding)
      if (text === undefined) return
      const joined = (ends.get(response) ?? '') + text
      search('body', typeof chunk === 'string' ? joined : [joined, chunk])
      ends.set(response, joined.slice(-overlap))
    })
  }
}

function textOf(chunk: unknown, encoding: unknown): string | undefined {
  if (chunk instanceof Uint8Array) return Buffer.from(chunk).toString('latin1')
  if (typeof chunk !== 'string') return undefined
  const isText = typeof encoding !== 'string' || !/^(?:hex|base64)/i.test(encoding)
  return isText ? chunk : Buffer.from(chunk, encoding as BufferEncoding).toString('latin1')
}
