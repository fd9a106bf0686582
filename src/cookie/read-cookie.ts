// The client, or anybody who can set a cookie on a sibling domain, controls the Cookie header.
// Therefore it is read as bytes, in one pass, without regular expressions and without building a table
// of all cookies. Nothing is decoded or unquoted: two spellings of one value are two values.

const equals = 0x3d
const semicolon = 0x3b
const space = 0x20
const tab = 0x09

/** How many cookies of one name are looked at: a sibling domain can set dozens, and each may cost a read. */
export const mostCookies = 4

/**
 * The distinct values of the cookie `name` in a Cookie header: mostly none or one; several when a
 * sibling domain or another path added a cookie of the same name, and five stand for any more. Browsers may
 * send duplicates in any order (RFC 6265bis, section 5.7.3), so none can be trusted more than another.
 *
 * Byte-exact: nothing is decoded (CVE-2020-8184), quotes have no meaning (CVE-2023-26049), only spaces
 * and tabs are trimmed (CVE-2026-39410), and a pair without a name is ignored (CVE-2023-23934).
 * Linear: visits at most twice as many characters as the header has.
 */
export function readCookie(header: unknown, name: string): readonly string[] {
  return typeof header === 'string' ? findValues(header, name) : []
}

/** The parts of `String` in use: few, so that a test can count the characters that are visited. */
export type CookieText = Pick<string, 'length' | 'charCodeAt' | 'indexOf' | 'slice'>

/**
 * Does the work of {@link readCookie}.
 *
 * @internal
 */
export function findValues(header: CookieText, name: string): readonly string[] {
  const values: string[] = []
  for (let start = 0; start < header.length && values.length <= mostCookies;) {
    let index = start
    // Kept in a variable, so that no character is read twice on the way to the equals sign.
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
      if (!values.includes(value)) values.push(value)
    }
    start = end + 1
  }
  return values
}

/** The end of the pair that contains `start`: the next semicolon or the end of the header. */
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

/** Space or tab, but no other Unicode white space. */
function isBlank(code: number): boolean {
  return code === space || code === tab
}
