// Text of others in messages and log lines: names of values, options and keys. A name may come from a request,
// and a line break in it would forge a line of the log, a terminal code recolour it (CWE-117).

/** How many characters of a name a message shows. */
const longest = 40

/** Control and format characters, line separators, lone surrogates: what does not show as itself on one line. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** What needs no quotes. */
const identifier = /^[A-Za-z_$][\w$-]*$/

/**
 * A name as messages show it: in quotes, on one line, with the escapes of JSON, and cut after 40 characters.
 */
export function quote(text: string): string {
  // Of more than that the rest need not be looked at.
  const characters = Array.from(text.slice(0, 2 * longest + 2))
  const shown = characters.slice(0, longest).join('')
  const escaped = escapeUnprintable(shown.replaceAll('\\', '\\\\').replaceAll("'", "\\'"))
  return `'${escaped}${characters.length > longest ? '…' : ''}'`
}

/** The same without quotes where none are needed, as at the beginning of a path. */
export function quoteUnlessPlain(text: string): string {
  return isPlain(text) ? text : quote(text)
}

/** The step from an object to one of its properties, as in the path `cart.items['a b']`. */
export function quoteStep(key: string): string {
  return isPlain(key) ? `.${key}` : `[${quote(key)}]`
}

function isPlain(text: string): boolean {
  return text.length <= longest && identifier.test(text)
}

/** A text on one line, for the console. */
export function escapeUnprintable(text: string): string {
  return text.replaceAll(unprintable, (character) => escapeCode(character))
}

function escapeCode(character: string): string {
  const json = JSON.stringify(character).slice(1, -1)
  return json === character ? toCodeUnits(character) : json
}

/** A character beyond the first 65 536 has two. */
function toCodeUnits(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}
