// One value between text and object. A fragment is lazy in both directions: a request that reads
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
export class Fragment {
  #text: string | undefined
  #json: unknown
  #isFrozen = false
  #size: number | undefined

  private constructor(text: string | undefined, json: unknown) {
    this.#text = text
    this.#json = json
  }

  /** Of a value that has just been encoded. */
  static fromText(text: string): Fragment {
    return new Fragment(text, undefined)
  }

  /** Of a value that came with a record, parsed but not frozen. */
  static fromJson(json: unknown): Fragment {
    return new Fragment(undefined, json)
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

/** Turns values into fragments and back. A codec of the user's travels as a JSON string. */
export interface FragmentCodec {
  /** The fragment of a value. `name` is where the path of an error begins. @throws TypeError */
  encode(value: unknown, name: string): Fragment
  /** The value; the very object of `fragment.json` when, and only when, it may be shared. */
  decode(fragment: Fragment): unknown
  /** Whether a value that was decoded from the fragment is still what it was. */
  isUnedited(value: unknown, fragment: Fragment): boolean
  /** The value as an object of the caller's own, free to be edited. */
  copy(fragment: Fragment): unknown
}

/**
 * The fragments' side of a {@link Codec}: the built-in one is embedded as JSON, any other as a string
 * in JSON.
 */
export function createFragmentCodec(codec: Codec): FragmentCodec {
  if (codec === losslessCodec) return embedded
  const decode = (fragment: Fragment): unknown => codec.decode(String(fragment.json))
  return {
    encode(value, name) {
      const text: unknown = codec.encode(value)
      if (typeof text === 'string') return Fragment.fromText(JSON.stringify(text))
      throw new TypeError(`${name}: the codec encoded it to ${typeof text}, not to a string`)
    },
    decode: (fragment) => guard(() => decode(fragment)),
    // A codec that encrypts gives another text each time.
    isUnedited: (value, fragment) => isDeepStrictEqual(value, decode(fragment)),
    copy: (fragment) => guard(() => decode(fragment)),
  }
}

const embedded: FragmentCodec = {
  encode: (value, name) => Fragment.fromText(encodeValue(value, name)),
  decode: (fragment) => guard(() => reviveValue(fragment.json)),
  // By text: the order of a Map counts, and the lastIndex of a RegExp does not.
  isUnedited: (value, fragment) =>
    encodeValue(value, 'value') === encodeValue(reviveValue(fragment.json), 'value'),
  copy: (fragment) => guard(() => reviveValue(parseJson(fragment.text))),
}

/** What a parser throws may quote the stored text, which is session data: it is not passed on. */
function guard(decode: () => unknown): unknown {
  try {
    return decode()
  } catch {
    throw new SessionDecodeError('a stored value cannot be decoded')
  }
}

/** Twice what may be stored: a deeper value was not written by us, and must not overflow the stack. */
const deepest = 128

/**
 * Frozen because it is shared: an edit in place throws in strict mode in the place of changing another
 * request's data.
 */
function freezeDeeply(value: unknown, depth: number = 0): void {
  if (typeof value !== 'object' || value === null) return
  if (depth > deepest) throw new SessionDecodeError('a stored value is nested too deeply')
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw new SessionDecodeError('a stored value has the key __proto__')
    freezeDeeply((value as Record<string, unknown>)[key], depth + 1)
  }
  Object.freeze(value)
}
