// All values of a session as one JSON object, split by name and joined again. The split is cached by
// record object: ten requests that read the same cached record parse it once. A value that does not
// change is never encoded again.

import { SessionDecodeError } from '../contract/errors.ts'
import type { SessionRecord } from '../contract/store.ts'
import { EncodedValue } from './value-codec.ts'
import { parseJson } from './parse-json.ts'

/** The encoded values of a session by name. The record's `data` is one JSON object that contains them. */
export type EncodedValues = ReadonlyMap<string, EncodedValue>

const known = new WeakMap<SessionRecord, EncodedValues>()

/**
 * The record's values, split once for each record object.
 *
 * @throws {@link SessionDecodeError} when the data is not a JSON object.
 */
export function readDocument(record: SessionRecord): EncodedValues {
  let values = known.get(record)
  if (!values) known.set(record, (values = split(record.data)))
  return values
}

/** The text for the record's `data`. */
export function writeDocument(values: EncodedValues): string {
  let text = ''
  for (const [name, encoded] of values) text += `${text && ','}${JSON.stringify(name)}:${encoded.text}`
  return `{${text}}`
}

/** The values by name, not decoded yet. */
function split(data: string): EncodedValues {
  const document = parse(data)
  if (
    typeof document !== 'object' ||
    document === null ||
    Array.isArray(document) ||
    Object.hasOwn(document, '__proto__')
  ) {
    throw new SessionDecodeError("the record's data is not a JSON object of values")
  }
  return new Map(Object.entries(document).map(([name, json]) => [name, EncodedValue.fromJson(json)]))
}

function parse(data: string): unknown {
  try {
    return parseJson(data)
  } catch {
    // No cause: the parser's message quotes session data.
    throw new SessionDecodeError("the record's data is not JSON")
  }
}
