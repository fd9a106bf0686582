// A script is sent by its SHA-1; its text follows only when the server does not know it: at the first
// use, after a restart, after SCRIPT FLUSH, on a replica that took over. Of many, only some are under way at a time.

import { createHash } from 'node:crypto'

/** A script, and the SHA-1 by which servers know it. */
export interface Script {
  /** In Lua 5.1. It uses no key but those in KEYS. */
  readonly text: string
  /** In hex. */
  readonly sha1: string
}

/** Sends a script with its keys and arguments, by its text or by its SHA-1. */
type SendScript = (textOrSha1: string) => Promise<unknown>

/**
 * How many scripts are sent at once. Robots have thousands of sessions, and drivers can limit the length of
 * their queue (`commandsQueueMaxLength`).
 */
const batchSize = 100

/** Puts a script together from parts, the functions it uses first. */
export function createScript(...parts: readonly string[]): Script {
  const text = parts.map((part) => part.trim()).join('\n')
  return { text, sha1: createHash('sha1').update(text).digest('hex') }
}

/** Runs a script in one round trip, or in two when the server has to be sent its text. */
export async function runScript(
  { text, sha1 }: Script,
  sendSha1: SendScript,
  sendText: SendScript,
): Promise<unknown> {
  try {
    return await sendSha1(sha1)
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return sendText(text)
  }
}

/** The answer for each item, in their order. */
export async function inBatches<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let start = 0; start < items.length; start += batchSize) {
    answers.push(...(await Promise.all(items.slice(start, start + batchSize).map(ask))))
  }
  return answers
}
