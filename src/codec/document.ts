// All values of a session as one JSON object, split into fragments and put together again.
// Splitting happens once per record and is remembered by the record object: ten requests that read
// the same cached record parse it once. A value that nobody changes is never decoded nor encoded
// again.

import { SessionDecodeError } from '../errors.ts'
import type { SessionRecord } from '../store.ts'
import { Fragment } from './fragment.ts'
import { parseJson } from './parse-json.ts'

/** The values of a session by name, as they travel: the record's `data` is one JSON object of them. */
export type Fragments = ReadonlyMap<string, Fragment>

const known = new WeakMap<SessionRecord, Fragments>()

/** The record's values, split once for each record object a store hands out. @throws {@link SessionDecodeError} */
export function readDocument(record: SessionRecord): Fragments {
  let fragments = known.get(record)
  if (!fragments) known.set(record, (fragments = split(record.data)))
  return fragments
}

/** The text for the record's `data`. */
export function writeDocument(fragments: Fragments): string {
  let text = ''
  for (const [name, fragment] of fragments) text += `${text && ','}${JSON.stringify(name)}:${fragment.text}`
  return `{${text}}`
}

/** One fragment for each name, not decoded yet. */
function split(data: string): Fragments {
  const document = parse(data)
  if (
    typeof document !== 'object' ||
    document === null ||
    Array.isArray(document) ||
    Object.hasOwn(document, '__proto__')
  ) {
    throw new SessionDecodeError("the record's data is not a JSON object of values")
  }
  return new Map(Object.entries(document).map(([name, json]) => [name, Fragment.fromJson(json)]))
}

function parse(data: string): unknown {
  try {
    return parseJson(data)
  } catch {
    // The parser's message quotes what it read: session data, so it is no cause of ours.
    throw new SessionDecodeError("the record's data is not JSON")
  }
}
