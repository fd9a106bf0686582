// Reading a stream while it is being sent, and disconnecting halfway through.

import assert from 'node:assert/strict'
import type { Gate } from './waiting.ts'

/** Opens the gate when the first chunk has arrived, after running `between`; resolves to the whole body. */
export async function readInParts(
  response: Response,
  gate: Gate,
  between?: () => Promise<void>,
): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    if (text === '') await between?.()
    text += decoder.decode(chunk, { stream: true })
    gate.open()
  }
  return text
}

/** Disconnects as soon as the body contains the awaited text. */
export async function leaveAfter(awaited: string, response: Response): Promise<void> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true })
    if (text.includes(awaited)) return
  }
  assert.fail(`the stream has ended: ${text}`)
}
