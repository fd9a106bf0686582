import assert from 'node:assert/strict'
import { connect, createServer } from 'node:http2'
import { describe, test } from 'node:test'
import { withSession } from '../../src/node.ts'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import { setUp, openExchange } from '../core/harness.ts'
import { listenOnFreePort } from '../support/listen-on-free-port.ts'
import { cookie, cookieName as name, startHostileServer } from './hostile-server.ts'

/** What U+00A0, U+0085, U+2000, U+FEFF and U+3000 are in UTF-8, and the first two in Latin-1. */
const foreignBlanks = [
  '\u00a0',
  '\u0085',
  '\u2000',
  '\ufeff',
  '\u3000',
  Buffer.from([0xa0]),
  Buffer.from([0x85]),
]

describe('a Cookie header', () => {
  test('row 1: none, empty, or of semicolons and blanks only, is no session and no event', async (context) => {
    const { expectNobody } = await startHostileServer(context)
    await expectNobody(undefined)
    for (const value of ['', ' ', ';', ' ; ;;\t; ']) await expectNobody(undefined, cookie(value))
  })

  test('row 2: 64 KiB of a=; costs no store call, and as much as node takes by default is refused by node', async (context) => {
    const large = 'a=;'.repeat(21_845)
    const { expectNobody, expectUser, anna } = await startHostileServer(context, { maxHeaderSize: 131_072 })
    await expectNobody(undefined, cookie(large))
    await expectUser('anna', cookie(large, `${name}=${anna}`))
    const { send, store } = await startHostileServer(context)
    store.recount()
    const { status } = await send('/look', cookie(large))
    // 431, unless the reset of the connection overtakes it.
    assert.notEqual(status, 200)
    assert.equal(store.count(), 0)
  })

  test('row 3: ours is found behind 10 000 others', async (context) => {
    const { expectUser, anna } = await startHostileServer(context, { maxHeaderSize: 131_072 })
    await expectUser('anna', cookie('a=1; '.repeat(10_000), `${name}=${anna}`))
  })

  test('row 4: an empty value is malformed, and no cookie is cleared', async (context) => {
    const { expectNobody } = await startHostileServer(context)
    for (const value of [`${name}=`, `${name}=;`, `${name}= \t`])
      await expectNobody('malformed', cookie(value))
  })

  test('row 5: two session cookies that open a session each are neither; equal ones are one', async (context) => {
    const { expectNobody, expectUser, anna, bert } = await startHostileServer(context)
    await expectNobody('duplicate', cookie(`${name}=${anna}; ${name}=${bert}`))
    await expectNobody('duplicate', cookie(`${name}=${bert}; a=1; ${name}=${anna}`))
    await expectNobody('duplicate', cookie(`${name}=${anna}; ${name}=${bert}; ${name}=${anna}`))
    await expectNobody('duplicate', cookie(`${name}=x; ${name}=${anna}; ${name}=${bert}`))
    await expectUser('anna', cookie(`${name}=${anna}; a=1; ${name}=${anna}`))
  })

  test('row 6: a token beside garbage of the same name opens its session, with an event', async (context) => {
    const { expectBeside, anna, bert } = await startHostileServer(context)
    const garbage = [
      'garbage',
      '',
      '"',
      anna.toUpperCase(),
      'a'.repeat(64),
      anna.slice(0, 32) + bert.slice(32),
    ]
    for (const value of garbage) {
      await expectBeside('anna', 2, cookie(`${name}=${anna}; ${name}=${value}`))
      await expectBeside('anna', 2, cookie(`${name}=${value}; ${name}=${anna}`))
    }
    await expectBeside('anna', 4, cookie(`${name}=1; ${name}=2; ${name}=${anna}; ${name}=3; ${name}=2`))
  })

  test('row 6: more than four of the same name open nothing and cost no store call', async (context) => {
    const { expectNobody, anna } = await startHostileServer(context)
    const others = ['1', '2', '3', '4'].map((each) => `${name}=${each.repeat(64)}`).join('; ')
    await expectNobody('too many', cookie(`${name}=${anna}; ${others}`))
    await expectNobody('too many', cookie(`${others}; ${name}=${anna}`))
  })

  test('row 6: garbage beside garbage of the same name is malformed', async (context) => {
    const { expectNobody } = await startHostileServer(context)
    await expectNobody('malformed', cookie(`${name}=garbage; ${name}=`))
  })

  test('row 7: a name in other case is another cookie', async (context) => {
    const { expectNobody, expectUser, anna, bert } = await startHostileServer(context)
    for (const other of ['__host-id', '__HOST-ID', '__Host-ID']) {
      await expectNobody(undefined, cookie(`${other}=${anna}`))
      await expectUser('anna', cookie(`${other}=${bert}; ${name}=${anna}`))
    }
  })

  test('row 8: no other prefix is fallen back to', async (context) => {
    const { expectNobody, anna } = await startHostileServer(context)
    for (const other of ['id', '__Secure-id', '__Host-Http-id', '__Http-id', 'session_id', 'connect.sid']) {
      await expectNobody(undefined, cookie(`${other}=${anna}`))
    }
  })

  test('row 9: a nameless cookie whose value looks like ours is not ours', async (context) => {
    const { expectNobody, expectUser, anna, bert } = await startHostileServer(context)
    await expectNobody(undefined, cookie(`=${name}=${anna}`))
    await expectUser('anna', cookie(`=${name}=${bert}; ${name}=${anna}`))
  })

  test('row 10: the name without a sign is no cookie', async (context) => {
    const { expectNobody, anna } = await startHostileServer(context)
    for (const value of [name, `${name}; a=1`, `${name}; =${anna}`, `${name};=${anna}`, `${name}${anna}`]) {
      await expectNobody(undefined, cookie(value))
    }
  })

  test('row 11: percent signs in a name are not decoded', async (context) => {
    const { expectNobody, anna } = await startHostileServer(context)
    for (const other of ['%5f%5fHost-id', '__Host%2Did', '__Host-i%64', '__Host-id%20']) {
      await expectNobody(undefined, cookie(`${other}=${anna}`))
    }
  })

  test('row 12: blanks other than space and tab belong to the name or the value', async (context) => {
    const { expectNobody, anna } = await startHostileServer(context)
    for (const blank of foreignBlanks) {
      await expectNobody(undefined, cookie(blank, `${name}=${anna}`))
      await expectNobody(undefined, cookie('a=1; ', blank, `${name}=${anna}`))
      await expectNobody(undefined, cookie(name, blank, `=${anna}`))
      await expectNobody('malformed', cookie(`${name}=`, blank, anna))
      await expectNobody('malformed', cookie(`${name}=${anna}`, blank, '; a=1'))
    }
  })

  test('row 13: spaces and tabs around the name and the value are trimmed', async (context) => {
    const { expectUser, anna } = await startHostileServer(context)
    await expectUser('anna', cookie(`a=1;\t ${name} \t=\t ${anna} \t; b=2`))
  })

  test('row 14: quotes are part of the value', async (context) => {
    const { expectNobody, anna } = await startHostileServer(context)
    for (const value of [`"${anna}"`, `"${anna}`, `${anna}"`, `'${anna}'`]) {
      await expectNobody('malformed', cookie(`${name}=${value}`))
    }
  })

  test('row 15: quotes around several pairs hide none of them', async (context) => {
    const { expectNobody, expectUser, anna, bert } = await startHostileServer(context)
    await expectUser('anna', cookie(`x="a; ${name}=${anna}; b"`))
    await expectNobody('duplicate', cookie(`x="a; ${name}=${anna}; b"; ${name}=${bert}`))
  })

  test('row 16: $Version and $Path are names like others', async (context) => {
    const { expectUser, anna } = await startHostileServer(context)
    await expectUser('anna', cookie(`$Version=1; ${name}=${anna}; $Path=/; $Domain=shop.test`))
  })

  test('row 17: a comma separates nothing', async (context) => {
    const { expectNobody, expectUser, anna, bert } = await startHostileServer(context)
    await expectNobody(undefined, cookie(`a=1, ${name}=${anna}`))
    await expectNobody('malformed', cookie(`${name}=${anna}, a=1`))
    await expectNobody('malformed', cookie(`${name}=${anna}, ${name}=${anna}`))
    await expectUser('anna', cookie(`a=1, ${name}=${bert}; ${name}=${anna}`))
  })

  test('row 18: two header lines are one header, over HTTP/2 as well', async (context) => {
    const { expectNobody, expectUser, anna, bert, sessions } = await startHostileServer(context)
    await expectUser('anna', cookie('a=1'), cookie(`${name}=${anna}`))
    await expectUser('anna', cookie(`${name}=${anna}`), cookie('a=1'))
    await expectNobody('duplicate', cookie(`${name}=${anna}`), cookie(`${name}=${bert}`))

    const serve = withSession((request, response) => {
      response.end(sessions.get(request).userId ?? 'nobody')
    }, sessions)
    const server = createServer(serve as unknown as Parameters<typeof createServer>[0])
    const client = connect(`http://127.0.0.1:${await listenOnFreePort(server)}`)
    context.after(() => (client.close(), server.close()))
    const stream = client.request({ ':path': '/look', cookie: ['a=1', `${name}=${anna}`, 'b=2'] })
    assert.equal((await stream.setEncoding('utf8').toArray()).join(''), 'anna')
  })

  test('row 19: control characters in the value never reach the store', async (context) => {
    const codes = [...Array(32).keys(), 0x7f].filter((code) => ![0x09, 0x0a, 0x0d].includes(code))
    const lenient = await startHostileServer(context, { insecureHTTPParser: true })
    const { send, store, anna } = await startHostileServer(context)
    for (const code of codes) {
      const byte = Buffer.from([code])
      await lenient.expectNobody('malformed', cookie(`${name}=${lenient.anna}`, byte))
      await lenient.expectNobody('malformed', cookie(`${name}=`, byte, lenient.anna))
      store.recount()
      const { status } = await send('/look', cookie(`${name}=${anna}`, byte))
      assert.equal(status, 400)
      assert.equal(store.count(), 0)
    }
    await lenient.expectNobody(
      'malformed',
      cookie(`${name}=${lenient.anna.slice(0, 32)}\t${lenient.anna.slice(32)}`),
    )
  })

  test('row 20: a line end in the value opens nothing and is reflected nowhere', async (context) => {
    const lenient = await startHostileServer(context, { insecureHTTPParser: true })
    await lenient.expectNobody('malformed', cookie(`${name}=${lenient.anna}\r\n x=y`))
    for (const lineEnd of ['\r\n', '\n', '\r']) {
      const { browser, store, events } = setUp()
      await browser.visit((session) => session.login('anna'))
      events.length = 0
      store.recount()
      browser.cookie += `${lineEnd}Set-Cookie: x=y`
      const headers = await browser.visit((session) => session.set('a', 1))
      assert.deepEqual(events[0], { type: 'rejected', reason: 'malformed' })
      assert.equal(store.count('read'), 0)
      assert.doesNotMatch(headers.setCookie ?? '', /[\r\n]|x=y/)
    }
  })

  test('row 21: backslash, comma, quote and space inside the value are malformed', async (context) => {
    const { expectNobody, anna } = await startHostileServer(context)
    for (const sign of ['\\', ',', '"', ' ', '\\073', '\\"']) {
      await expectNobody('malformed', cookie(`${name}=${anna.slice(0, 32)}${sign}${anna.slice(32)}`))
      await expectNobody('malformed', cookie(`${name}=${anna.slice(0, 31)}${sign}${anna.slice(32)}`))
    }
  })

  test('row 22: a token in percent signs is not decoded', async (context) => {
    const { expectNobody, anna } = await startHostileServer(context)
    const encoded = [...anna].map((each) => `%${each.charCodeAt(0).toString(16)}`).join('')
    for (const value of [encoded, encoded.slice(0, 3) + anna.slice(1), `${anna}%00`]) {
      await expectNobody('malformed', cookie(`${name}=${value}`))
    }
  })

  test('row 23: what is not ASCII, or not even text, is malformed', async (context) => {
    const { expectNobody, anna, sessions } = await startHostileServer(context)
    const rest = anna.slice(1)
    for (const first of [
      'é',
      'ａ',
      '😀',
      Buffer.from([0xff]),
      Buffer.from([0xc0, 0x80]),
      Buffer.from([0xed, 0xa0, 0x80]),
    ]) {
      await expectNobody('malformed', cookie(`${name}=`, first, rest))
    }
    for (const first of ['\ud800', '\udfff', '\u0161']) {
      const exchange = await openExchange(sessions, { cookie: `${name}=${first}${rest}`, secure: true })
      const { session } = exchange
      assert.equal(session.isNew, true)
    }
  })

  test('row 24: a header that is no text, from a broken adapter, is no header', async () => {
    const { browser, sessions, store, events } = setUp()
    await browser.visit((session) => session.login('anna'))
    events.length = 0
    store.recount()
    const text = browser.cookie ?? ''
    const disguised = [
      [text],
      [[text]],
      5,
      5n,
      true,
      {},
      { toString: () => text },
      Object(text),
      Symbol(text),
      () => text,
      Buffer.from(text),
    ]
    for (const header of disguised as string[]) {
      const exchange = await openExchange(sessions, { cookie: header, secure: true })
      const { session } = exchange
      assert.equal(session.userId, undefined)
      assert.deepEqual((await exchange.conclude({ status: 200 })).cookies, [])
    }
    assert.equal(store.count(), 0)
    assert.deepEqual(events, [])
  })

  test('row 25: names of object properties are names like others', async (context) => {
    const { expectNobody, expectUser, anna } = await startHostileServer(context)
    const before = Reflect.ownKeys(Object.prototype)
    const hostile = '__proto__=x; constructor=y; toString=z; hasOwnProperty=w; prototype=v; valueOf=u'
    await expectNobody(undefined, cookie(hostile))
    await expectUser('anna', cookie(`${hostile}; ${name}=${anna}`))
    assert.deepEqual(Reflect.ownKeys(Object.prototype), before)
  })

  test('row 26: a cookie cannot be given a name that means something else', () => {
    for (const hostile of [
      '__proto__',
      'constructor',
      'toString',
      '',
      'a b',
      'a=b',
      'a;b',
      'a,b',
      'é',
      'a\r\nb',
      'a\0',
      'a"',
    ]) {
      assert.throws(() => createSessionManager({ cookie: { name: hostile } }), {
        code: 'ERR_SESSION_CONFIG',
        message: /^cookie\.name: /,
      })
    }
  })
})
