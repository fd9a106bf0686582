// The Cookie header is written by the client and by whoever can set a cookie on a sibling domain,
// so it is read as bytes, in one pass, without a regular expression and without a table of all
// cookies. No decoding and no quotes: two spellings of one value are two values.

const equals = 0x3d
const semicolon = 0x3b
const space = 0x20
const tab = 0x09

/**
 * The distinct values of the cookie `name` in a Cookie header: none, one, or two when a sibling
 * domain or a path trick made the browser send differing ones (RFC 6265bis, section 5.7.3, allows
 * duplicates in any order, so neither can be trusted).
 *
 * Byte-exact: nothing is decoded (CVE-2020-8184), quotes mean nothing (CVE-2023-26049), only space
 * and tab are trimmed (CVE-2026-39410), a pair without a name is no pair (CVE-2023-23934).
 * Linear: no more characters are visited than twice the header's length.
 */
export function readCookie(header: unknown, name: string): readonly string[] {
  return typeof header === 'string' ? findValues(header, name) : []
}

/** All that is asked of a header: so little that a test can count the characters it visits. */
export type CookieText = Pick<string, 'length' | 'charCodeAt' | 'indexOf' | 'slice'>

/** What {@link readCookie} does. @internal */
export function findValues(header: CookieText, name: string): readonly string[] {
  const values: string[] = []
  for (let start = 0; start < header.length && values.length < 2;) {
    let index = start
    // Kept, so that no character is looked at twice on the way to the sign.
    let code = header.charCodeAt(index)
    while (isBlank(code)) code = header.charCodeAt((index += 1))
    let matched = 0
    for (; matched < name.length && code === name.charCodeAt(matched); matched += 1) {
      code = header.charCodeAt((index += 1))
    }
    const isNamed = matched === name.length
    if (isNamed) while (isBlank(code)) code = header.charCodeAt((index += 1))
    const end = code === semicolon ? index : findEnd(header, index + 1)
    if (isNamed && code === equals) {
      const value = trim(header, index + 1, end)
      if (value !== values[0]) values.push(value)
    }
    start = end + 1
  }
  return values
}

/** Where the pair that begins before `start` ends. */
function findEnd(header: CookieText, start: number): number {
  const separator = header.indexOf(';', start)
  return separator === -1 ? header.length : separator
}

function trim(header: CookieText, start: number, end: number): string {
  let first = start
  let last = end
  while (first < last && isBlank(header.charCodeAt(first))) first += 1
  while (last > first && isBlank(header.charCodeAt(last - 1))) last -= 1
  return header.slice(first, last)
}

/** Space or tab, and nothing else that Unicode calls white space. */
function isBlank(code: number): boolean {
  return code === space || code === tab
}
