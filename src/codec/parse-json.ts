// `JSON.parse` with a workaround for a bug in V8 that confuses keys, which would store one value
// under the name of another.

import { replaceKeys } from './replace-keys.ts'

/**
 * Matches a JSON text with an escape sequence in a key: from the last escape to the colon after the key.
 * Linear: an attempt ends at the next escape or behind the next quote, wherever the text was cut off.
 */
const escapedKey = /\\.[^"\\]*"\s*:/

/** Marks a key whose rest is another key in hex. */
const hexPrefix = '~'

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
