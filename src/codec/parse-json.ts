// `JSON.parse`, without a defect of the engine's. Worth its own file because a wrong key would hand
// one value's name to another.

/** A key with an escape: nothing but plain characters between its last escape and its end. */
const escapedKey = /\\.[^"\\]*"\s*:/

/** Every string of a JSON text, with the colon behind it if it is a key. */
const strings = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?/g

/** Begins a key that holds another one in its place. */
const sign = '~'

/**
 * What `JSON.parse` should do. The one of V8 (in node 24 and 26) may read a key with an escape as
 * another one that was parsed before, `"\n"` as a backslash: https://github.com/nodejs/node/issues/63785.
 * Such keys, which are rare, are parsed without their escapes and put back afterwards.
 */
export function parseJson(text: string, revive?: (key: string, value: unknown) => unknown): unknown {
  if (!text.includes('\\') || !escapedKey.test(text)) return JSON.parse(text, revive)
  const unescaped = text.replace(strings, (all: string, key: string, colon?: string) =>
    colon && (key.includes('\\') || key.startsWith(`"${sign}`)) ? `"${sign}${toHex(key)}"${colon}` : all,
  )
  return JSON.parse(unescaped, (key, value) => {
    const restored = restoreKeys(value)
    return revive ? revive(restoreKey(key), restored) : restored
  })
}

/** Puts the keys of one object back. */
function restoreKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [restoreKey(key), each]))
}

/** The key as it was written, escapes read by a parse of its own. */
function restoreKey(key: string): string {
  return key.startsWith(sign) ? JSON.parse(Buffer.from(key.slice(1), 'hex').toString('utf16le')) : key
}

/** UTF-16, so that no half of a surrogate pair is lost. */
function toHex(text: string): string {
  return Buffer.from(text, 'utf16le').toString('hex')
}
