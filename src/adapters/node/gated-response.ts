// One gate on one response: not opened yet, holding the head, open, or failed. Each of the four methods
// asks the same two questions: must the gate open now, and does the call go to node, or is it held or
// dropped? "Original" methods are those that the response had before this gate; they may belong to
// other middleware or to another gate. Middleware added later wraps this gate's methods in turn.

import { isPromise } from '../../awaitable.ts'
import { answerFailure } from './answer-failure.ts'
import { DroppedCalls } from './dropped-calls.ts'
import { EditableHead, isSendable } from './editable-head.ts'
import { finishAtFirstByte, finishAtHead } from './final-head.ts'
import type { SayLastWord } from './final-head.ts'
import type { HeadGate } from './head-gate.ts'
import { expectBodyLength, HeldCalls } from './held-calls.ts'
import {
  createHeadersSentError,
  isChunk,
  isHeadSent,
  putBack,
  readMethods,
  sendGiven,
} from './node-response.ts'
import type { NodeResponse, SendMethods } from './node-response.ts'
import { restoreResponse, simulateSentHead } from './simulated-head.ts'

/** Sends a head that was held, and the calls that came meanwhile. */
type Release = (head: EditableHead, calls: HeldCalls) => void

/** The methods of a response on which a gate was put, and the state of that gate. */
export class GatedResponse {
  readonly #response: NodeResponse
  readonly #gate: HeadGate
  readonly #interceptor: SendMethods
  readonly #original: SendMethods
  #isOpened = false
  /** Receives the calls instead of node: while the head is held, and after a failure. */
  #receiver: HeldCalls | DroppedCalls | undefined
  /** Resolves when a held head has been sent, or something else instead. */
  #holding: Promise<void> | undefined
  /** Where the head has been given to node and the gate's last word waits for the first byte. */
  #sayLastWord: SayLastWord | undefined
  /** While the gate asks for the arguments of `writeHead`: those that have come, if any. */
  #asked: { given?: readonly unknown[] } | undefined

  /** `interceptor` are the methods that replace those of the response and delegate to this object. */
  constructor(response: NodeResponse, gate: HeadGate, interceptor: SendMethods) {
    this.#response = response
    this.#gate = gate
    this.#interceptor = interceptor
    this.#original = readMethods(response)
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
    if (this.#isOpened || !this.#canOpen(given))
      return Reflect.apply(this.#original.writeHead, response, given)
    const release: Release = (held, calls) => {
      Reflect.apply(this.#original.writeHead, response, held.given ?? given)
      calls.replay()
    }
    const head = this.#open(given, release, (open) => this.#awaitFirstByte(open))
    return this.#receiver ? response : Reflect.apply(this.#original.writeHead, response, head.given ?? given)
  }

  /** Opens the gate. Arguments that node would refuse go to node, whose error the handler then gets. */
  write(chunk: unknown, encoding: unknown, callback: unknown): boolean {
    let given: readonly unknown[] | undefined
    if (isChunk(chunk)) {
      given = this.#prepareFirstByte()
      if (this.#receiver) return this.#receiver.write(chunk, encoding, callback)
    }
    return sendGiven(this.#response, this.#original, given, () =>
      this.#original.write.call(this.#response, chunk, encoding, callback),
    )
  }

  /** Opens the gate, and ends the response once it is open. */
  end(chunk: unknown, encoding: unknown, callback: unknown): unknown {
    let given: readonly unknown[] | undefined
    if (!chunk || typeof chunk === 'function' || isChunk(chunk)) {
      given = this.#prepareFirstByte()
      if (this.#receiver) return this.#receiver.end(chunk, encoding, callback)
    }
    return sendGiven(this.#response, this.#original, given, () =>
      this.#original.end.call(this.#response, chunk, encoding, callback),
    )
  }

  /** Opens the gate, and sends the head without a body. */
  flushHeaders(): void {
    const given = this.#prepareFirstByte()
    if (this.#receiver) this.#receiver.flushHeaders()
    else
      sendGiven(this.#response, this.#original, given, () => this.#original.flushHeaders.call(this.#response))
  }

  /** Opens the gate, or lets it say the last word that has waited. Returns the same as {@link #openImplicitly}. */
  #prepareFirstByte(): readonly unknown[] | undefined {
    if (!this.#isOpened) return this.#openImplicitly()
    const sayLastWord = this.#sayLastWord
    if (sayLastWord) {
      this.#sayLastWord = undefined
      putBack(this.#response, this.#interceptor, this.#original)
      sayLastWord()
    }
    return undefined
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
    const release: Release = (held, calls) =>
      sendGiven(response, this.#original, held.given ?? [held.status], () => calls.replay())
    return this.#open(given, release, (open) => this.#letThrough(open)).given
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

  /** A head that node would refuse must not open the gate: the session would be saved for nothing. */
  #canOpen(given: readonly unknown[]): boolean {
    return !isHeadSent(this.#response) && isSendable(this.#response, given)
  }

  /**
   * Lets the gate work, and holds the head if that takes time: `send` then sends it with the kept calls. If not,
   * `pass` lets the call through.
   */
  #open(
    given: readonly unknown[] | undefined,
    send: Release,
    pass: (head: EditableHead) => void,
  ): EditableHead {
    this.#isOpened = true
    const head = new EditableHead(this.#response, given)
    try {
      const opening = this.#gate.open(head)
      if (isPromise(opening)) this.#hold(head, opening, send)
      else pass(head)
    } catch (error) {
      this.#fail(error)
    }
    return head
  }

  #letThrough(head: EditableHead): void {
    this.#prepareFinish(head)
    putBack(this.#response, this.#interceptor, this.#original)
  }

  /** Lets a `writeHead` through. Where the gate's last word may still change, the other methods bring it about. */
  #awaitFirstByte(head: EditableHead): void {
    if (this.#gate.isUndecided?.()) this.#sayLastWord = finishAtFirstByte(this.#response, this.#gate)
    if (!this.#sayLastWord) this.#letThrough(head)
  }

  /** The last word belongs to the moment in which node takes the head; where there is none, it is said now. */
  #prepareFinish(head: EditableHead): void {
    const gate = this.#gate
    if (gate.finish && !finishAtHead(this.#response, gate)) gate.finish(head)
  }

  /** From now on calls are kept, and the response looks as if its head had been sent. */
  #hold(head: EditableHead, opening: Promise<void>, send: Release): void {
    const response = this.#response
    const calls = new HeldCalls(response, this.#original, expectBodyLength(response, head))
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
      calls.hideLateStatus()
      head.sendWithStatus(() => send(head, calls))
      putBack(this.#response, this.#interceptor, this.#original)
    } catch (error) {
      if (!isHeadSent(response)) return this.#fail(error, calls)
      response.destroy(error as Error)
      calls.drop(error)
    }
  }

  /** Lets the gate answer instead of the handler, whose calls are dropped from now on. */
  #fail(error: unknown, calls?: HeldCalls): void {
    this.#receiver = new DroppedCalls(this.#response, error)
    answerFailure(this.#response, this.#original, this.#gate, error)
    calls?.drop(error)
  }
}
