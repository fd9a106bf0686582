// One value between text and object. It is lazy in both directions: a request that reads
// one value of twenty decodes one, and a commit that changes one encodes one.

import { isDeepStrictEqual } from 'node:util'
import { SessionDecodeError } from '../errors.ts'
import type { Codec } from './codec.ts'
import { encodeValue, losslessCodec, reviveValue } from './lossless-codec.ts'
import { parseJson } from './parse-json.ts'

/**
 * One encoded value of a session: as JSON text, as parsed JSON, or both, each made when first
 * asked for. Immutable, and so shared by every request that reads the same version of a record.
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

  /** Of a value that has just been encoded. */
  static fromText(text: string): EncodedValue {
    return new EncodedValue(text, undefined)
  }

  /** Of a value that came with a record, parsed but not frozen. */
  static fromJson(json: unknown): EncodedValue {
    return new EncodedValue(undefined, json)
  }

  /** The JSON text, as it stands in the record's data. */
  get text(): string {
    return (this.#text ??= JSON.stringify(this.json))
  }

  /** Bytes of the text in UTF-8. */
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

/** Encodes and decodes values. A codec of the user's travels as a JSON string. */
export interface ValueCodec {
  /** Encodes a value. `name` is where the path of an error begins. @throws TypeError */
  encode(value: unknown, name: string): EncodedValue
  /** The value; the very object of `encoded.json` when, and only when, it may be shared. */
  decode(encoded: EncodedValue): unknown
  /** Whether `value`, which was decoded from `encoded`, has been edited in place since. */
  isEdited(value: unknown, encoded: EncodedValue): boolean
  /** The value as an object of the caller's own, free to be edited. */
  copy(encoded: EncodedValue): unknown
}

/**
 * The values' side of a {@link Codec}: the built-in one is embedded as JSON, any other as a string
 * in JSON.
 */
export function createValueCodec(codec: Codec): ValueCodec {
  if (codec === losslessCodec) return embedded
  const decode = (encoded: EncodedValue): unknown => codec.decode(String(encoded.json))
  return {
    encode(value, name) {
      const text: unknown = codec.encode(value)
      if (typeof text === 'string') return EncodedValue.fromText(JSON.stringify(text))
      throw new TypeError(`${name}: the codec encoded it to ${typeof text}, not to a string`)
    },
    decode: (encoded) => decodeOrThrow(() => decode(encoded)),
    // A codec that encrypts gives another text each time.
    isEdited: (value, encoded) => !isDeepStrictEqual(value, decode(encoded)),
    copy: (encoded) => decodeOrThrow(() => decode(encoded)),
  }
}

const embedded: ValueCodec = {
  encode: (value, name) => EncodedValue.fromText(encodeValue(value, name)),
  decode: (encoded) => decodeOrThrow(() => reviveValue(encoded.json)),
  // By text: the order of a Map counts, and the lastIndex of a RegExp does not.
  isEdited: (value, encoded) =>
    encodeValue(value, 'value') !== encodeValue(reviveValue(encoded.json), 'value'),
  copy: (encoded) => decodeOrThrow(() => reviveValue(parseJson(encoded.text))),
}

/** What a parser throws may quote the stored text, which is session data: it is not passed on. */
function decodeOrThrow(decode: () => unknown): unknown {
  try {
    return decode()
  } catch {
    throw new SessionDecodeError('a stored value cannot be decoded')
  }
}

/** Twice what may be stored: a deeper value was not written by us, and must not overflow the stack. */
const maxDepth = 128

/**
 * Frozen because it is shared: an edit in place throws in strict mode instead of changing another
 * request's data.
 */
function freezeDeeply(value: unknown, depth: number = 0): void {
  if (typeof value !== 'object' || value === null) return
  if (depth > maxDepth) throw new SessionDecodeError('a stored value is nested too deeply')
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw new SessionDecodeError('a stored value has the key __proto__')
    freezeDeeply((value as Record<string, unknown>)[key], depth + 1)
  }
  Object.freeze(value)
}
