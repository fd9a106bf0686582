// `JSON.parse` with a workaround for a bug in V8 that confuses keys, which would store one value under the name of
// another: keys with an escape sequence are replaced before parsing (replaceKeys) and restored afterwards (restoreKeys).

/**
 * Matches a JSON text with an escape sequence in a key: from the last escape to the colon after the key.
 * Linear: an attempt ends at the next escape or behind the next quote, wherever the text was cut off.
 */
const escapedKey = /\\.[^"\\]*"\s*:/

/** Marks a key whose rest is another key in hex. */
const hexPrefix = '~'

const quote = 0x22
const colon = 0x3a
const backslash = 0x5c

/**
 * Parses JSON correctly. `JSON.parse` of V8 (in node 24 and 26) may mistake a key with an escape
 * sequence for one that it parsed before: https://github.com/nodejs/node/issues/63785. Such keys are
 * rare; they are replaced by their hex code before parsing and restored afterwards.
 */
export function parseJson(text: string, revive?: (key: string, value: unknown) => unknown): unknown {
  if (!hasEscapedKey(text)) return JSON.parse(text, revive)
  const unescaped = replaceKeys(text, (key) =>
    key.includes('\\') || key.startsWith(`"${hexPrefix}`) ? `"${hexPrefix}${toHex(key)}"` : key,
  )
  return JSON.parse(unescaped, (key, value) => {
    const restored = restoreKeys(value)
    return revive ? revive(restoreKey(key), restored) : restored
  })
}

/** Whether a key contains an escape sequence, and may therefore be another than it seems. */
export function hasEscapedKey(text: string): boolean {
  return text.includes('\\') && escapedKey.test(text)
}

/** The parts of `String` in use: few, so that a test can count the characters that are visited. */
export type KeyedText = Pick<string, 'length' | 'charCodeAt' | 'indexOf' | 'slice'>

/**
 * The text with each key, quotes included, replaced by what `replace` returns for it. What is no JSON stays
 * so. Not by a regular expression: a row that was cut off in the middle may hold thousands of escaped quotes behind its
 * last whole string, and each would be taken for the beginning of another one (CWE-1333). Linear: visits at most three times as many characters as the text has.
 */
export function replaceKeys(text: KeyedText, replace: (key: string) => string): string {
  const parts: string[] = []
  let copied = 0
  for (let start = text.indexOf('"', 0); start !== -1;) {
    const end = findStringEnd(text, start + 1)
    const next = skipBlanks(text, end)
    if (text.charCodeAt(next) === colon) {
      parts.push(text.slice(copied, start), replace(text.slice(start, end)))
      copied = end
    }
    start = text.indexOf('"', next)
  }
  parts.push(text.slice(copied, text.length))
  return parts.join('')
}

/** Where a string ends, behind its closing quote; at the end of the text when it has none. */
function findStringEnd(text: KeyedText, start: number): number {
  for (let index = start; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === quote) return index + 1
    if (code === backslash) index += 1
  }
  return text.length
}

function skipBlanks(text: KeyedText, start: number): number {
  let index = start
  while (isBlank(text.charCodeAt(index))) index += 1
  return index
}

/** White space of JSON (RFC 8259, section 2): space, tab, line feed or carriage return. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d
}

/** Restores the keys of one object. */
function restoreKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [restoreKey(key), each]))
}

/** The original key. Its escapes are parsed separately, which the bug does not affect. */
function restoreKey(key: string): string {
  return key.startsWith(hexPrefix) ? JSON.parse(Buffer.from(key.slice(1), 'hex').toString('utf16le')) : key
}

/** UTF-16 preserves a lone surrogate. */
function toHex(text: string): string {
  return Buffer.from(text, 'utf16le').toString('hex')
}
