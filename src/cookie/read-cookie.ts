const equals = 0x3d
const space = 0x20
const tab = 0x09

/**
 * The distinct values of the cookie `name` in a Cookie header: none, one, or two when a sibling
 * domain or a path trick made the browser send differing ones (RFC 6265bis, section 5.7.3, allows
 * duplicates in any order, so neither can be trusted).
 *
 * Byte-exact: nothing is decoded (CVE-2020-8184), quotes mean nothing (CVE-2023-26049), only space
 * and tab are trimmed (CVE-2026-39410), a pair without a name is no pair (CVE-2023-23934).
 * Linear: each character is looked at no more than twice.
 */
export function readCookie(header: unknown, name: string): readonly string[] {
  const values: string[] = []
  if (typeof header !== 'string') return values
  for (let start = 0; start < header.length && values.length < 2;) {
    const separator = header.indexOf(';', start)
    const end = separator === -1 ? header.length : separator
    const value = valueOf(header, start, end, name)
    if (value !== undefined && value !== values[0]) values.push(value)
    start = end + 1
  }
  return values
}

function valueOf(header: string, start: number, end: number, name: string): string | undefined {
  const from = skipBlanks(header, start, end)
  if (!header.startsWith(name, from)) return undefined
  const sign = skipBlanks(header, from + name.length, end)
  if (sign >= end || header.charCodeAt(sign) !== equals) return undefined
  return header.slice(skipBlanks(header, sign + 1, end), trimBlanks(header, sign + 1, end))
}

function skipBlanks(header: string, start: number, end: number): number {
  let index = start
  while (index < end && isBlank(header.charCodeAt(index))) index += 1
  return index
}

function trimBlanks(header: string, start: number, end: number): number {
  let index = end
  while (index > start && isBlank(header.charCodeAt(index - 1))) index -= 1
  return index
}

function isBlank(code: number): boolean {
  return code === space || code === tab
}
