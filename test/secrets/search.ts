import { partsOf } from './parts-of.ts'
import { summary, tell } from './run.ts'
import type { Place } from './run.ts'
import { KnownSecrets } from './known-secrets.ts'
import { showsSecret } from './shows-secret.ts'

const secrets = new KnownSecrets()
const told = new Set<string>()

/** To be searched for from now on: a token that was issued, or one that opened a session. */
export function note(token: string): void {
  secrets.add(token)
  summary.tokens = secrets.count
}

/** Whether there is anything to search for yet. */
export function hasSecrets(): boolean {
  return secrets.count > 0
}

/** Searches all texts and bytes in a value. A find is told by its place and stack, never by its text. */
export function search(place: Place, value: unknown): void {
  if (!hasSecrets()) return
  summary.searched[place] += 1
  for (const part of partsOf(value)) {
    if (showsSecret(secrets, part)) report(place, part.length)
  }
}

function report(place: Place, length: number): void {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 40
  const frames = (new Error('shown').stack ?? '').split('\n').slice(1)
  Error.stackTraceLimit = stackTraceLimit
  const stack = frames.filter((frame) => !/\/test\/secrets\/(?!plants)/.test(frame)).join('\n')
  if (told.has(place + stack)) return
  told.add(place + stack)
  tell(`secrets: ${summary.script} showed one in ${place}, a text of ${length}\n${stack}`)
}
