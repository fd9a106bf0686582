import type { CookieText } from '../../src/cookie/read-cookie.ts'

/**
 * A text that counts the characters that are visited. A slice counts as a visit of all it holds: it is
 * compared or copied. What is not defined here cannot be called at all.
 */
export class CountedText implements CookieText {
  readonly #text: string
  visits = 0

  constructor(text: string) {
    this.#text = text
  }

  get length(): number {
    return this.#text.length
  }

  charCodeAt(index: number): number {
    if (index >= 0 && index < this.#text.length) this.visits += 1
    return this.#text.charCodeAt(index)
  }

  indexOf(wanted: string, start: number): number {
    const found = this.#text.indexOf(wanted, start)
    const end = found === -1 ? this.#text.length : found + wanted.length
    this.visits += Math.max(0, end - start)
    return found
  }

  slice(start: number, end: number): string {
    const part = this.#text.slice(start, end)
    this.visits += part.length
    return part
  }
}
