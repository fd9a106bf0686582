// The state of one gate on one response: shut, holding, failed or open. Each of the four methods
// asks the same two questions: must the gate open now, and where do calls go, to node or to a sink?
// What others put around the response before us is below and is called by us; what they put around
// it later is above.

import { answerFailure } from './answer-failure.ts'
import { expectBodyLength } from './body-length.ts'
import { DroppedCalls } from './dropped-calls.ts'
import { EditableHead } from './editable-head.ts'
import { isSendable } from './given-head.ts'
import type { HeadGate } from './head-gate.ts'
import { HeldCalls } from './held-calls.ts'
import { coverResponse, uncoverResponse } from './held-surface.ts'
import { isChunk, type HeadMethods, type LooseResponse } from './loose-response.ts'
import { createHeadersSentError } from './node-error.ts'

/** One gate on one response, between the methods that were there before and whatever is put around ours. */
export class HeadLayer {
  readonly #response: LooseResponse
  readonly #gate: HeadGate
  readonly #ours: HeadMethods
  readonly #writeHead: HeadMethods['writeHead']
  readonly #write: HeadMethods['write']
  readonly #end: HeadMethods['end']
  readonly #flushHeaders: HeadMethods['flushHeaders']
  #opened = false
  /** Where calls go instead of further: while the head is held, and after a failure. */
  #sink: HeldCalls | DroppedCalls | undefined

  constructor(response: LooseResponse, gate: HeadGate, ours: HeadMethods) {
    this.#response = response
    this.#gate = gate
    this.#ours = ours
    this.#writeHead = response.writeHead
    this.#write = response.write
    this.#end = response.end
    this.#flushHeaders = response.flushHeaders
  }

  /**
   * Opens the gate with the head as given. While it holds, a second one throws as node's does after the
   * head.
   */
  writeHead(given: readonly unknown[]): unknown {
    const response = this.#response
    if (this.#sink instanceof HeldCalls) throw createHeadersSentError(response, 'write')
    if (this.#opened || !this.#canOpen(given)) return Reflect.apply(this.#writeHead, response, given)
    const head = this.#open(given)
    return this.#sink ? response : Reflect.apply(this.#writeHead, response, head.given ?? given)
  }

  /** What node would refuse goes to node, so that the handler gets node's own error. */
  write(chunk: unknown, encoding: unknown, callback: unknown): boolean {
    if (isChunk(chunk)) {
      if (!this.#opened) this.#openImplicitly()
      if (this.#sink) return this.#sink.write(chunk, encoding, callback)
    }
    return this.#write.call(this.#response, chunk, encoding, callback)
  }

  /** Ends the response, once the gate is open. */
  end(chunk: unknown, encoding: unknown, callback: unknown): unknown {
    if (!chunk || typeof chunk === 'function' || isChunk(chunk)) {
      if (!this.#opened) this.#openImplicitly()
      if (this.#sink) return this.#sink.end(chunk, encoding, callback)
    }
    return this.#end.call(this.#response, chunk, encoding, callback)
  }

  /** Sends the head without a body. */
  flushHeaders(): void {
    if (!this.#opened) this.#openImplicitly()
    if (this.#sink) this.#sink.flushHeaders()
    else this.#flushHeaders.call(this.#response)
  }

  /** A body without `writeHead`: the head is what was set on the response. */
  #openImplicitly(): void {
    if (this.#canOpen([this.#response.statusCode])) this.#open(undefined)
  }

  /** A head that node would refuse opens no gate: nothing would be sent after the save. */
  #canOpen(given: readonly unknown[]): boolean {
    return !this.#response.headersSent && isSendable(this.#response, given)
  }

  /** Lets the gate work, and holds the head if that takes time. */
  #open(given: readonly unknown[] | undefined): EditableHead {
    this.#opened = true
    const head = new EditableHead(this.#response, given)
    try {
      const opening = this.#gate.open(head)
      if (opening && typeof opening.then === 'function') this.#hold(head, opening)
      else this.#leave()
    } catch (error) {
      this.#fail(error)
    }
    return head
  }

  /** From now on calls are kept, and the response looks as if its head had left. */
  #hold(head: EditableHead, opening: Promise<void>): void {
    const response = this.#response
    const calls = new HeldCalls(response, this.#below, expectBodyLength(response, head))
    this.#sink = calls
    head.keep()
    coverResponse(response, calls)
    const fail = (error: unknown): void => {
      uncoverResponse(response)
      this.#fail(error, calls)
    }
    opening.then(() => this.#release(head, calls), fail)
  }

  /**
   * The gate is open: the head leaves, and the kept calls are made. Node may still refuse one; before
   * the head that is an error answer, after it nothing but closing is left.
   */
  #release(head: EditableHead, calls: HeldCalls): void {
    const response = this.#response
    uncoverResponse(response)
    this.#sink = undefined
    try {
      head.fixStatus()
      if (head.given) Reflect.apply(this.#writeHead, response, head.given)
      calls.replay()
      this.#leave()
    } catch (error) {
      if (!response.headersSent) return this.#fail(error, calls)
      response.destroy(error as Error)
      calls.drop(error)
    }
  }

  /**
   * The gate failed: another answer takes the place of the handler's, whose calls come to nothing from
   * now on.
   */
  #fail(error: unknown, calls?: HeldCalls): void {
    this.#sink = new DroppedCalls(this.#response, error)
    answerFailure(this.#response, this.#below, this.#gate, error)
    calls?.drop(error)
  }

  // Gives back the methods that were there, as far as nothing has been put around ours.
  #leave(): void {
    const response = this.#response
    const ours = this.#ours
    if (response.writeHead === ours.writeHead) response.writeHead = this.#writeHead
    if (response.write === ours.write) response.write = this.#write
    if (response.end === ours.end) response.end = this.#end
    if (response.flushHeaders === ours.flushHeaders) response.flushHeaders = this.#flushHeaders
  }

  /** The methods as they were before us: node's own, or those of who came first. */
  get #below(): HeadMethods {
    return {
      writeHead: this.#writeHead,
      write: this.#write,
      end: this.#end,
      flushHeaders: this.#flushHeaders,
    }
  }
}
