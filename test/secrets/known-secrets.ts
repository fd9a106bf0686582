/** Half a token: a selector or a verifier. */
const secretLength = 32

/** A filter of one byte for every text of five hex characters. */
const filterMask = 0xf_ffff

/** What a character counts for in hex, in upper or lower case; -1 for all others. */
const nibbles = Int8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  return /[0-9a-f]/i.test(character) ? Number.parseInt(character, 16) : -1
})

/**
 * Selectors and verifiers, and whether a text holds one of them. A search visits each character once,
 * however many secrets there are: the last five hex characters say whether a look into the set is
 * worth it. Of more secrets than `capacity` the oldest are forgotten.
 */
export class KnownSecrets {
  readonly #capacity: number
  #young = new Set<string>()
  #old = new Set<string>()
  #filter = new Uint8Array(filterMask + 1)
  /** How many tokens were ever added. */
  count = 0

  constructor(capacity = 80_000) {
    this.#capacity = capacity
  }

  add(token: string): void {
    this.#remember(token.slice(0, secretLength))
    this.#remember(token.slice(secretLength))
    this.count += 1
  }

  #remember(secret: string): void {
    if (this.#young.has(secret)) return
    if (this.#young.size >= this.#capacity / 2) this.#age()
    this.#young.add(secret)
    this.#admit(secret)
  }

  #age(): void {
    this.#old = this.#young
    this.#young = new Set()
    this.#filter.fill(0)
    for (const secret of this.#old) this.#admit(secret)
  }

  #admit(secret: string): void {
    this.#filter[Number.parseInt(secret.slice(-5), 16)] = 1
  }

  #has(secret: string): boolean {
    return this.#young.has(secret) || this.#old.has(secret)
  }

  /** Whether a text holds a secret in hex. */
  isInText(text: string): boolean {
    let length = 0
    let last = 0
    for (let index = 0; index < text.length; index += 1) {
      const nibble = nibbles[text.charCodeAt(index)] ?? -1
      length = nibble < 0 ? 0 : length + 1
      last = ((last << 4) | nibble) & filterMask
      if (length < secretLength || this.#filter[last] === 0) continue
      if (this.#has(text.slice(index + 1 - secretLength, index + 1).toLowerCase())) return true
    }
    return false
  }

  /** Whether bytes hold the 16 bytes of a secret. */
  isInBytes(bytes: Buffer): boolean {
    let last = 0
    for (let index = 0; index < bytes.length; index += 1) {
      last = ((last << 8) | (bytes[index] as number)) & filterMask
      if (index < 15 || this.#filter[last] === 0) continue
      if (this.#has(bytes.toString('hex', index - 15, index + 1))) return true
    }
    return false
  }
}
