// One gate on one response: not opened yet, holding the head, open, or failed. Each of the four methods
// asks the same two questions: must the gate open now, and does the call go to node, or is it held or
// dropped? "Original" methods are those that the response had before this gate; they may belong to
// other middleware or to another gate. Middleware added later wraps this gate's methods in turn.

import { isPromise } from '../../is-promise.ts'
import { answerFailure } from './answer-failure.ts'
import { expectBodyLength } from './body-length.ts'
import { DroppedCalls } from './dropped-calls.ts'
import { EditableHead } from './editable-head.ts'
import type { HeadGate } from './head-gate.ts'
import { HeldCalls } from './held-calls.ts'
import { createHeadersSentError } from './node-error.ts'
import { isChunk } from './node-response.ts'
import type { NodeResponse, SendMethods } from './node-response.ts'
import { restoreResponse, simulateSentHead } from './simulated-head.ts'
import { isSendable } from './write-head-arguments.ts'

/** The methods of a response on which a gate was put, and the state of that gate. */
export class GatedResponse {
  readonly #response: NodeResponse
  readonly #gate: HeadGate
  readonly #interceptor: SendMethods
  readonly #writeHead: SendMethods['writeHead']
  readonly #write: SendMethods['write']
  readonly #end: SendMethods['end']
  readonly #flushHeaders: SendMethods['flushHeaders']
  #isOpened = false
  /** Receives the calls instead of node: while the head is held, and after a failure. */
  #receiver: HeldCalls | DroppedCalls | undefined

  /** `interceptor` are the methods that replace those of the response and delegate to this object. */
  constructor(response: NodeResponse, gate: HeadGate, interceptor: SendMethods) {
    this.#response = response
    this.#gate = gate
    this.#interceptor = interceptor
    this.#writeHead = response.writeHead
    this.#write = response.write
    this.#end = response.end
    this.#flushHeaders = response.flushHeaders
  }

  /**
   * Opens the gate with the given head.
   *
   * @throws ERR_HTTP_HEADERS_SENT while a head is held, as node does once a head has been sent.
   */
  writeHead(given: readonly unknown[]): unknown {
    const response = this.#response
    if (this.#receiver instanceof HeldCalls) throw createHeadersSentError(response, 'write')
    if (this.#isOpened || !this.#canOpen(given)) return Reflect.apply(this.#writeHead, response, given)
    const head = this.#open(given)
    return this.#receiver ? response : Reflect.apply(this.#writeHead, response, head.given ?? given)
  }

  /** Opens the gate. Arguments that node would refuse go to node, whose error the handler then gets. */
  write(chunk: unknown, encoding: unknown, callback: unknown): boolean {
    if (isChunk(chunk)) {
      if (!this.#isOpened) this.#openImplicitly()
      if (this.#receiver) return this.#receiver.write(chunk, encoding, callback)
    }
    return this.#write.call(this.#response, chunk, encoding, callback)
  }

  /** Opens the gate, and ends the response once it is open. */
  end(chunk: unknown, encoding: unknown, callback: unknown): unknown {
    if (!chunk || typeof chunk === 'function' || isChunk(chunk)) {
      if (!this.#isOpened) this.#openImplicitly()
      if (this.#receiver) return this.#receiver.end(chunk, encoding, callback)
    }
    return this.#end.call(this.#response, chunk, encoding, callback)
  }

  /** Opens the gate, and sends the head without a body. */
  flushHeaders(): void {
    if (!this.#isOpened) this.#openImplicitly()
    if (this.#receiver) this.#receiver.flushHeaders()
    else this.#flushHeaders.call(this.#response)
  }

  /** Opens the gate where `writeHead` was not called: the head is what was set on the response. */
  #openImplicitly(): void {
    if (this.#canOpen([this.#response.statusCode])) this.#open(undefined)
  }

  /** A head that node would refuse must not open the gate: the session would be saved for nothing. */
  #canOpen(given: readonly unknown[]): boolean {
    return !this.#response.headersSent && isSendable(this.#response, given)
  }

  /** Lets the gate work, and holds the head if that takes time. */
  #open(given: readonly unknown[] | undefined): EditableHead {
    this.#isOpened = true
    const head = new EditableHead(this.#response, given)
    try {
      const opening = this.#gate.open(head)
      if (isPromise(opening)) this.#hold(head, opening)
      else this.#restoreMethods()
    } catch (error) {
      this.#fail(error)
    }
    return head
  }

  /** From now on calls are kept, and the response looks as if its head had been sent. */
  #hold(head: EditableHead, opening: Promise<void>): void {
    const response = this.#response
    const calls = new HeldCalls(response, this.#originalMethods, expectBodyLength(response, head))
    this.#receiver = calls
    head.keep()
    simulateSentHead(response, calls)
    const fail = (error: unknown): void => {
      restoreResponse(response)
      this.#fail(error, calls)
    }
    opening.then(() => this.#release(head, calls), fail)
  }

  /**
   * Sends the head and repeats the kept calls. Node may still refuse one of them: before the head was
   * sent that leads to an error response, afterwards the connection can only be closed.
   */
  #release(head: EditableHead, calls: HeldCalls): void {
    const response = this.#response
    restoreResponse(response)
    this.#receiver = undefined
    try {
      head.fixStatus()
      if (head.given) Reflect.apply(this.#writeHead, response, head.given)
      calls.replay()
      this.#restoreMethods()
    } catch (error) {
      if (!response.headersSent) return this.#fail(error, calls)
      response.destroy(error as Error)
      calls.drop(error)
    }
  }

  /** Lets the gate answer instead of the handler, whose calls are dropped from now on. */
  #fail(error: unknown, calls?: HeldCalls): void {
    this.#receiver = new DroppedCalls(this.#response, error)
    answerFailure(this.#response, this.#originalMethods, this.#gate, error)
    calls?.drop(error)
  }

  /** Puts the original methods back, except where later middleware has wrapped this gate's. */
  #restoreMethods(): void {
    const response = this.#response
    const interceptor = this.#interceptor
    if (response.writeHead === interceptor.writeHead) response.writeHead = this.#writeHead
    if (response.write === interceptor.write) response.write = this.#write
    if (response.end === interceptor.end) response.end = this.#end
    if (response.flushHeaders === interceptor.flushHeaders) response.flushHeaders = this.#flushHeaders
  }

  get #originalMethods(): SendMethods {
    return {
      writeHead: this.#writeHead,
      write: this.#write,
      end: this.#end,
      flushHeaders: this.#flushHeaders,
    }
  }
}
