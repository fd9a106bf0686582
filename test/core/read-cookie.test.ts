import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readCookie } from '../../src/cookie/read-cookie.ts'

const name = '__Host-id'
const token = 'ab'.repeat(32)
const other = 'cd'.repeat(32)

describe('readCookie', () => {
  const rows: readonly [string, unknown, readonly string[]][] = [
    ['finds the only cookie', `${name}=${token}`, [token]],
    ['finds it among others', `a=1; ${name}=${token}; b=2`, [token]],
    ['finds nothing in an empty header', '', []],
    ['finds nothing among semicolons and blanks', ' ; ;;  \t;', []],
    ['finds nothing without a header', undefined, []],
    ['finds nothing in null', null, []],
    ['finds nothing in an array', [`${name}=${token}`], []],
    ['finds nothing in a number', 5, []],
    ['finds nothing in an object', { toString: () => `${name}=${token}` }, []],
    ['finds nothing in a symbol', Symbol('x'), []],
    ['finds the last of 10 000', `${'a=1; '.repeat(10_000)}${name}=${token}`, [token]],
    ['passes over 64 KiB of small pairs', 'a=;'.repeat(21_846), []],
    ['gives an empty value as it is', `${name}=`, ['']],
    ['gives an empty value between blanks', `${name}= \t ; a=1`, ['']],
    ['gives both of two differing values', `${name}=${token}; ${name}=${other}`, [token, other]],
    ['gives two when garbage comes beside a token', `${name}=${token}; ${name}=garbage`, [token, 'garbage']],
    ['gives two when an empty one comes beside a token', `${name}=${token}; ${name}=`, [token, '']],
    [
      'stops at the fifth differing value',
      [1, 2, 3, 4, 5, 6].map((each) => `${name}=${each}`).join('; '),
      ['1', '2', '3', '4', '5'],
    ],
    ['takes identical duplicates as one', `${name}=${token}; a=1; ${name}=${token}`, [token]],
    ['compares names with their case', `__host-id=${token}`, []],
    ['ignores a name in other case beside the right one', `__HOST-ID=${other}; ${name}=${token}`, [token]],
    ['knows no other prefix', `id=${token}; __Secure-id=${token}; __Host-Http-id=${token}`, []],
    ['knows no longer name', `${name}2=${token}`, []],
    ['knows no name that ends alike', `x${name}=${token}`, []],
    ['ignores a pair without a name', `=${name}=${token}`, []],
    ['ignores a name without a value', name, []],
    ['ignores a name without a value before another pair', `${name}; a=${token}`, []],
    ['ignores a name split by a semicolon', `__Host;-id=${token}`, []],
    ['decodes no names', `%5f%5fHost-id=${token}; __Host%2Did=${token}`, []],
    ['decodes no values', `${name}=%61${token.slice(1)}`, [`%61${token.slice(1)}`]],
    [
      'trims no-break spaces neither of names nor of values',
      `\u00a0${name}=${token}; ${name}\u3000=${token}`,
      [],
    ],
    ['leaves unicode blanks in the value', `${name}=\u00a0${token}\ufeff`, [`\u00a0${token}\ufeff`]],
    ['trims spaces and tabs', `\t ${name} \t= \t${token}\t ; b=1`, [token]],
    ['takes quotes as part of the value', `${name}="${token}"`, [`"${token}"`]],
    ['does not let quotes hide a pair', `x="a; ${name}=${token}; b"`, [token]],
    ['takes $Version and $Path as ordinary names', `$Version=1; ${name}=${token}; $Path=/`, [token]],
    ['does not split at commas', `a=1, ${name}=${token}`, []],
    ['leaves control characters in the value', `${name}=${token}\0\u0001\u007f`, [`${token}\0\u0001\u007f`]],
    ['leaves line ends in the value', `${name}=${token}\r\nSet-Cookie: x=y`, [`${token}\r\nSet-Cookie: x=y`]],
    ['takes the second sign as part of the value', `${name}==${token}=`, [`=${token}=`]],
    [
      'is not moved by names of object properties',
      `__proto__=x; constructor=y; toString=z; ${name}=${token}`,
      [token],
    ],
    ['leaves lone surrogates alone', `\ud800=1; ${name}=\udfff`, ['\udfff']],
  ]
  for (const [title, header, expected] of rows) {
    test(title, () => assert.deepEqual(readCookie(header, name), expected))
  }
})
