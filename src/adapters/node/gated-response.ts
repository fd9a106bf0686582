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
import { finishAtHead } from './final-head.ts'
import { isChunk, isHeadSent } from './node-response.ts'
import type { NodeResponse, SendMethods } from './node-response.ts'
import { restoreResponse, simulateSentHead } from './simulated-head.ts'
import { isSendable } from './write-head-arguments.ts'

/** Sends a head that was held, and the calls that came meanwhile. */
type Release = (head: EditableHead, calls: HeldCalls) => void

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
  /** Resolves when a held head has been sent, or something else instead. */
  #holding: Promise<void> | undefined
  /** While the gate asks for the arguments of `writeHead`: those that have come, if any. */
  #asked: { given?: readonly unknown[] } | undefined

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

  /** The connection has closed: tells the gate if the head was never to be sent. */
  close(): void {
    if (!this.#isOpened) this.#gate.abandon?.()
  }

  /** Resolves when the head that is held now is not held any more. */
  get holding(): Promise<void> | undefined {
    return this.#holding
  }

  /**
   * Opens the gate with the given head.
   *
   * @throws ERR_HTTP_HEADERS_SENT while a head is held, as node does once a head has been sent.
   */
  writeHead(given: readonly unknown[]): unknown {
    const response = this.#response
    if (this.#asked) {
      this.#asked.given = given
      return response
    }
    if (this.#receiver instanceof HeldCalls) {
      if (this.#receiver.isEnded) return response
      throw createHeadersSentError(response, 'write')
    }
    if (this.#isOpened || !this.#canOpen(given)) return Reflect.apply(this.#writeHead, response, given)
    const head = this.#open(given, (held, calls) => {
      Reflect.apply(this.#writeHead, response, held.given ?? given)
      calls.replay()
    })
    return this.#receiver ? response : Reflect.apply(this.#writeHead, response, head.given ?? given)
  }

  /** Opens the gate. Arguments that node would refuse go to node, whose error the handler then gets. */
  write(chunk: unknown, encoding: unknown, callback: unknown): boolean {
    let given: readonly unknown[] | undefined
    if (isChunk(chunk)) {
      if (!this.#isOpened) given = this.#openImplicitly()
      if (this.#receiver) return this.#receiver.write(chunk, encoding, callback)
    }
    return this.#send(given, () => this.#write.call(this.#response, chunk, encoding, callback))
  }

  /** Opens the gate, and ends the response once it is open. */
  end(chunk: unknown, encoding: unknown, callback: unknown): unknown {
    let given: readonly unknown[] | undefined
    if (!chunk || typeof chunk === 'function' || isChunk(chunk)) {
      if (!this.#isOpened) given = this.#openImplicitly()
      if (this.#receiver) return this.#receiver.end(chunk, encoding, callback)
    }
    return this.#send(given, () => this.#end.call(this.#response, chunk, encoding, callback))
  }

  /** Opens the gate, and sends the head without a body. */
  flushHeaders(): void {
    const given = this.#isOpened ? undefined : this.#openImplicitly()
    if (this.#receiver) this.#receiver.flushHeaders()
    else this.#send(given, () => this.#flushHeaders.call(this.#response))
  }

  /**
   * Opens the gate where `writeHead` was not called. Returns the arguments that middleware behind this gate has
   * passed to it, if any has: they must reach node.
   */
  #openImplicitly(): readonly unknown[] | undefined {
    const response = this.#response
    if (isHeadSent(response)) return undefined
    const given = this.#askForHead()
    if (!isSendable(response, given ?? [response.statusCode])) return given
    const head = this.#open(given, (held, calls) =>
      this.#send(held.given ?? [held.status], () => calls.replay()),
    )
    return head.given
  }

  /**
   * Node calls `writeHead` for a body that begins without it, and middleware that has wrapped it since (as
   * on-headers does) chooses headers, status and encoding there. It must do so now, at the handler's call, and only
   * once, but what node takes must be held: so the call ends at this gate.
   */
  #askForHead(): readonly unknown[] | undefined {
    const response = this.#response
    if (response.writeHead === this.#interceptor.writeHead || response.destroyed) return undefined
    const asked: { given?: readonly unknown[] } = {}
    this.#asked = asked
    try {
      response.writeHead(response.statusCode)
    } finally {
      this.#asked = undefined
    }
    return asked.given
  }

  /** Calls a method that may send the head, which is then that of `given`: who was asked is not asked again. */
  #send<Result>(given: readonly unknown[] | undefined, act: () => Result): Result {
    if (!given) return act()
    const response = this.#response
    const { writeHead } = response
    const restore = (): void => {
      if (response.writeHead === sendGiven) response.writeHead = writeHead
    }
    const sendGiven = (...head: unknown[]): unknown => {
      restore()
      const isImplicit = head.length === 1 && head[0] === response.statusCode
      return Reflect.apply(isImplicit ? this.#writeHead : writeHead, response, isImplicit ? given : head)
    }
    response.writeHead = sendGiven
    const result = act()
    // Left in place where the head is still to come: middleware in front may gather a body first.
    if (isHeadSent(response)) restore()
    return result
  }

  /** A head that node would refuse must not open the gate: the session would be saved for nothing. */
  #canOpen(given: readonly unknown[]): boolean {
    return !isHeadSent(this.#response) && isSendable(this.#response, given)
  }

  /** Lets the gate work, and holds the head if that takes time. `send` then sends it with the kept calls. */
  #open(given: readonly unknown[] | undefined, send: Release): EditableHead {
    this.#isOpened = true
    const head = new EditableHead(this.#response, given)
    try {
      const opening = this.#gate.open(head)
      if (isPromise(opening)) this.#hold(head, opening, send)
      else {
        this.#prepareFinish(head)
        this.#restoreMethods()
      }
    } catch (error) {
      this.#fail(error)
    }
    return head
  }

  /** The last word belongs to the moment in which node takes the head; where there is none, it is said now. */
  #prepareFinish(head: EditableHead): void {
    const gate = this.#gate
    if (gate.finish && !finishAtHead(this.#response, gate)) gate.finish(head)
  }

  /** From now on calls are kept, and the response looks as if its head had been sent. */
  #hold(head: EditableHead, opening: Promise<void>, send: Release): void {
    const response = this.#response
    const calls = new HeldCalls(response, this.#originalMethods, expectBodyLength(response, head))
    this.#receiver = calls
    head.keep()
    simulateSentHead(response, calls)
    const fail = (error: unknown): void => {
      this.#holding = undefined
      restoreResponse(response)
      this.#fail(error, calls)
    }
    this.#holding = opening.then(() => this.#release(head, calls, send), fail)
  }

  /**
   * Sends the head and repeats the kept calls. Node may still refuse one of them: before the head was
   * sent that leads to an error response, afterwards the connection can only be closed.
   */
  #release(head: EditableHead, calls: HeldCalls, send: Release): void {
    const response = this.#response
    this.#holding = undefined
    restoreResponse(response)
    this.#receiver = undefined
    try {
      this.#prepareFinish(head)
      head.sendWithStatus(() => send(head, calls))
      this.#restoreMethods()
    } catch (error) {
      if (!isHeadSent(response)) return this.#fail(error, calls)
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
