// The values of a session, as text and as objects: a single one, how it is encoded, and all of them as one JSON object,
// the record's data. Conversion is lazy in both directions: a request that reads one of twenty values decodes one, and
// a save that changes one encodes one.

import { SessionDecodeError } from '../contract/errors.ts'
import type { SessionRecord } from '../contract/store.ts'
import { quoteUnlessPlain } from '../quote.ts'
import { encodeValue, losslessCodec, reviveValue } from './lossless-codec.ts'
import type { Codec } from './lossless-codec.ts'
import { parseJson } from './parse-json.ts'
import { deepestText } from './plain-json.ts'

/**
 * One encoded value of a session: as JSON text, as parsed JSON, or both, each created when first
 * needed. Immutable, and therefore shared by all requests that read the same version of a record.
 */
export class EncodedValue {
  #text: string | undefined
  #json: unknown
  #isFrozen = false
  #size: number | undefined

  private constructor(text: string | undefined, json: unknown) {
    this.#text = text
    this.#json = json
  }

  /** For a value that has just been encoded. */
  static fromText(text: string): EncodedValue {
    return new EncodedValue(text, undefined)
  }

  /** For a value of a stored record, parsed but not frozen. */
  static fromJson(json: unknown): EncodedValue {
    return new EncodedValue(undefined, json)
  }

  /** The JSON text, as in the record's data. */
  get text(): string {
    return (this.#text ??= JSON.stringify(this.json))
  }

  /** The size of the text in UTF-8, in bytes. */
  get size(): number {
    return (this.#size ??= Buffer.byteLength(this.text))
  }

  /** The parsed JSON, deeply frozen. */
  get json(): unknown {
    if (!this.#isFrozen) {
      if (this.#json === undefined) this.#json = parseJson(this.#text as string)
      freezeDeeply(this.#json)
      this.#isFrozen = true
    }
    return this.#json
  }
}

/** Encodes and decodes single values. */
export interface ValueCodec {
  /**
   * Encodes a value. `name` is the beginning of the path in errors.
   *
   * @throws TypeError for a value that cannot be encoded.
   */
  encode(value: unknown, name: string): EncodedValue
  /** The value. It is the same object as `encoded.json` if, and only if, it may be shared. */
  decode(encoded: EncodedValue): unknown
  /** Whether `value`, which was decoded from `encoded`, has been edited in place since. */
  isEdited(value: unknown, encoded: EncodedValue): boolean
  /** The value as a new object that the caller may edit. */
  copy(encoded: EncodedValue): unknown
}

/**
 * Adapts a {@link Codec} to single values. The text of the built-in codec is embedded as JSON, that of
 * any other as a JSON string.
 */
export function createValueCodec(codec: Codec): ValueCodec {
  if (codec === losslessCodec) return embedded
  const decode = (encoded: EncodedValue): unknown => decodeOrThrow(() => codec.decode(String(encoded.json)))
  return {
    encode(value, name) {
      const text: unknown = codec.encode(value)
      if (typeof text === 'string') return EncodedValue.fromText(JSON.stringify(text))
      throw new TypeError(
        `${quoteUnlessPlain(name)}: codec.encode must return a string, received ${typeof text}`,
      )
    },
    decode,
    // Compares values, because an encrypting codec produces a different text each time. An import of
    // `node:util` would cost every process 3 ms as it starts, and few have a codec of their own.
    isEdited: (value, encoded) =>
      !process.getBuiltinModule('node:util').isDeepStrictEqual(value, decode(encoded)),
    copy: decode,
  }
}

const embedded: ValueCodec = {
  encode: (value, name) => EncodedValue.fromText(encodeValue(value, name)),
  decode: (encoded) => decodeOrThrow(() => reviveValue(encoded.json)),
  // Compares texts: the order of a Map matters, the lastIndex of a RegExp does not.
  isEdited: (value, encoded) =>
    encodeValue(value, 'value') !== encodeValue(embedded.decode(encoded), 'value'),
  copy: (encoded) => decodeOrThrow(() => reviveValue(parseJson(encoded.text))),
}

/** Drops the parser's error, which may quote session data. */
function decodeOrThrow(decode: () => unknown): unknown {
  try {
    return decode()
  } catch {
    throw new SessionDecodeError('a stored value cannot be decoded')
  }
}

/** The encoded values of a session by name. The record's `data` is one JSON object that contains them. */
export type EncodedValues = ReadonlyMap<string, EncodedValue>

// Ten requests that read the same cached record parse it once.
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

/** The text for the record's `data`. A value that has not changed is not encoded again. */
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

/**
 * Shared values are frozen: an edit in place throws in strict mode instead of changing another
 * request's data.
 */
function freezeDeeply(value: unknown, depth: number = 0): void {
  if (typeof value !== 'object' || value === null) return
  if (depth > deepestText) throw new SessionDecodeError('a stored value is nested too deeply')
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw new SessionDecodeError('a stored value has the key __proto__')
    freezeDeeply((value as Record<string, unknown>)[key], depth + 1)
  }
  Object.freeze(value)
}
