import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { SessionTooLargeError } from '../../src/contract/errors.ts'
import { increment, rowOf, rowsOf, setUp } from './harness.ts'

describe('values', () => {
  test('values that were set are there for the next request', async () => {
    const { browser } = setUp()
    await browser.visit((session) => {
      session.set('cart', [{ sku: 'a' }])
      session.set('nothing', undefined)
      assert.deepEqual(session.get('cart'), [{ sku: 'a' }])
    })
    await browser.visit((session) => {
      assert.deepEqual(session.get('cart'), [{ sku: 'a' }])
      assert.equal(session.has('nothing'), true)
      assert.equal(session.get('nothing'), undefined)
      assert.equal(session.has('absent'), false)
      assert.equal(session.get('absent'), undefined)
      assert.deepEqual(session.keys(), ['cart', 'nothing'])
      assert.deepEqual(session.entries(), [
        ['cart', [{ sku: 'a' }]],
        ['nothing', undefined],
      ])
    })
  })

  test('values that were deleted, taken or cleared are gone', async () => {
    const { browser } = setUp()
    await browser.visit((session) => 'abcd'.split('').forEach((name) => session.set(name, name)))
    await browser.visit((session) => {
      session.delete('a')
      session.delete('absent')
      assert.equal(session.take('b'), 'b')
      assert.equal(session.take('b'), undefined)
    })
    assert.deepEqual(await browser.see((session) => session.keys()), ['c', 'd'])
    await browser.visit((session) => session.clear())
    assert.deepEqual(await browser.see((session) => session.keys()), [])
  })

  test('values keep the session alive when all were deleted: it has a row and a cookie', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    await browser.visit((session) => session.delete('a'))
    assert.equal(rowOf(store.rows, clock).data, '{}')
    assert.equal(await browser.see((session) => session.isNew), false)
  })

  test('values are listed by name', async () => {
    const { browser } = setUp()
    const names = ['zebra', '10', 'b', '9', 'a']
    await browser.visit((session) => names.forEach((name) => session.set(name, 1)))
    await browser.visit((session) => session.set('b', 2))
    assert.deepEqual((await browser.see((session) => session.keys())).toSorted(), names.toSorted())
  })
})

describe('get', () => {
  test('get gives plain values frozen, all the way down', async () => {
    const { browser } = setUp()
    await browser.visit((session) => {
      session.set('cart', [{ sku: { id: 'a' } }])
      assertDeeplyFrozen(session.get('cart'))
    })
    await browser.visit((session) => assertDeeplyFrozen(session.get('cart')))
    await browser.visit((session) =>
      assert.throws(() => (session.get('cart') as unknown[]).push(1), TypeError),
    )
  })

  test('get gives requests that read one version the very same plain object', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('cart', [1]))
    const first = await browser.see((session) => session.get('cart'))
    assert.equal(await browser.see((session) => session.get('cart')), first)
    assert.equal(await browser.see((session) => session.entries()[0]?.[1]), first)
  })

  test('get gives each request a Date or Map of its own, and one request always the same', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('seen', new Map([['a', new Date(5)]])))
    const [one, two] = [await browser.open(), await browser.open()]
    const map = one.session.get('seen')
    assert.deepEqual(map, new Map([['a', new Date(5)]]))
    assert.equal(one.session.get('seen'), map)
    assert.notEqual(two.session.get('seen'), map)
  })

  test('get gives after a set what was set', async () => {
    const { browser } = setUp()
    await browser.visit((session) => {
      session.set('when', new Date(5))
      assert.deepEqual(session.get('when'), new Date(5))
      session.set('when', new Date(6))
      assert.deepEqual(session.get('when'), new Date(6))
    })
  })
})

describe('set', () => {
  test('set neither keeps nor freezes the object of the caller', async () => {
    const { browser } = setUp()
    const cart = [{ sku: 'a' }]
    const seen = new Map([['a', 1]])
    await browser.visit((session) => {
      session.set('cart', cart)
      session.set('seen', seen)
      assert.equal(Object.isFrozen(cart), false)
      cart.push({ sku: 'b' })
      seen.set('b', 2)
      assert.deepEqual(session.get('cart'), [{ sku: 'a' }])
    })
    await browser.visit((session) => {
      assert.deepEqual(session.get('cart'), [{ sku: 'a' }])
      assert.deepEqual(session.get('seen'), new Map([['a', 1]]))
    })
    assert.equal(cart.length, 2)
  })

  test('set throws at once, with the path, for what cannot be stored, and changes nothing', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => {
      assert.throws(() => session.set('cart', { items: [{ pay: () => {} }] }), {
        name: 'TypeError',
        message: 'cart.items[0].pay: a function cannot be stored in a session',
      })
      assert.equal(session.has('cart'), false)
    })
    assert.equal(store.count(), 0)
  })

  test('set refuses what does not fit in maxSize, at the call, and keeps what was there', async () => {
    const { browser } = setUp({ maxSize: 100 })
    await browser.visit((session) => {
      session.set('a', 'x'.repeat(50))
      assert.throws(
        () => session.set('b', 'ä'.repeat(40)),
        (error: unknown) =>
          error instanceof SessionTooLargeError &&
          error.limit === 100 &&
          error.size > 100 &&
          error.status === 500,
      )
      assert.equal(session.has('b'), false)
      session.set('a', 'x'.repeat(60))
    })
    assert.deepEqual(await browser.see((session) => session.keys()), ['a'])
  })

  test('set accepts a session of exactly maxSize bytes, names and all, and not one byte more', async () => {
    const maxSize = Buffer.byteLength('{"ä":"xxxxx","b":"yyyyy"}') - 2 + 1
    const { browser, store, clock } = setUp({ maxSize })
    await browser.visit((session) => {
      session.set('ä', 'xxxxx')
      assert.throws(() => session.set('b', 'yyyyyy'), SessionTooLargeError)
      session.set('b', 'yyyyy')
      session.set('ä', 'zzzzz')
      session.delete('b')
      session.set('c', 'yyyyy')
    })
    assert.equal(rowOf(store.rows, clock).data, '{"ä":"zzzzz","c":"yyyyy"}')
    await browser.visit((session) => {
      assert.throws(() => session.set('d', 1), SessionTooLargeError)
      session.set('c', '12345')
    })
  })

  test('set lets no row grow beyond maxSize through the names of values', async () => {
    const { browser, store, clock } = setUp({ maxSize: 1000 })
    await browser.visit((session) => {
      try {
        for (let index = 0; index < 100; index += 1) session.set(String(index).padStart(200, 'x'), 1)
      } catch (error) {
        assert.ok(error instanceof SessionTooLargeError)
      }
    })
    const { data } = rowOf(store.rows, clock)
    assert.ok(data.length <= 1000, `the row holds ${data.length} bytes`)
  })

  test('set of an equal value writes nothing', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('cart', [{ a: 1, b: new Date(5) }]))
    store.recount()
    const headers = await browser.visit((session) => session.set('cart', [{ a: 1, b: new Date(5) }]))
    assert.equal(store.count('commit'), 0)
    assert.deepEqual(headers, { vary: 'Cookie', cacheControl: 'private' })
  })
})

describe('update', () => {
  test('update hands out a copy to edit, or takes what is returned', async () => {
    const { browser } = setUp()
    await browser.visit((session) => {
      session.update('cart', (cart) => cart ?? ['a'])
      session.update('cart', (cart) => void (cart as string[]).push('b'))
      session.update('visits', increment)
      assert.deepEqual(session.get('cart'), ['a', 'b'])
    })
    await browser.visit((session) => {
      session.update('cart', (cart) => void (cart as string[]).push('c'))
      session.update('visits', increment)
    })
    assert.deepEqual(await browser.see((session) => [session.get('cart'), session.get('visits')]), [
      ['a', 'b', 'c'],
      2,
    ])
  })

  test('update edits a Map', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('seen', new Map([['a', 1]])))
    await browser.visit((session) =>
      session.update('seen', (seen) => void (seen as Map<string, number>).set('b', 2)),
    )
    const seen = await browser.see((session) => session.get('seen'))
    assert.deepEqual(
      seen,
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    )
  })

  for (const kind of ['a visitor', 'a session']) {
    test(`update runs once when nobody interferes: what ${kind} was shown is what is saved`, async () => {
      const { browser } = setUp()
      if (kind === 'a session') await browser.visit((session) => session.set('a', 1))
      let runs = 0
      let shown: unknown
      await browser.visit((session) => {
        session.set('before', 1)
        session.update('code', (code) => code ?? `code ${(runs += 1)}`)
        shown = session.get('code')
        session.set('after', 1)
      })
      assert.equal(await browser.see((session) => session.get('code')), shown)
      assert.equal(runs, 1)
    })
  }

  test('update of what is absent, with nothing returned, makes no value', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => {
      session.update('absent', () => {})
      session.update('absent', (value) => value)
      assert.equal(session.has('absent'), false)
    })
    assert.equal(store.count(), 0)
  })
  test('update of what another request has deleted meanwhile, with nothing returned, makes no value', async () => {
    const { browser } = setUp()
    await browser.visit((session) => (session.set('cart', []), session.set('other', 1)))
    const slow = await browser.open()
    slow.session.update('cart', (cart) => void (cart as string[] | undefined)?.push('coat'))
    await browser.visit((session) => session.delete('cart'))
    await slow.conclude()
    assert.deepEqual(await browser.see((session) => session.keys()), ['other'])
  })

  test('update refuses a function that returns a promise, and its rejection harms nobody', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => {
      assert.throws(() => session.update('a', rejectLate), {
        name: 'TypeError',
        message: /update\('a'\).*synchronous/,
      })
      assert.equal(session.has('a'), false)
    })
    assert.equal(store.count(), 0)
  })

  test('update that throws changes nothing', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('cart', ['a']))
    await browser.visit((session) => {
      assert.throws(() => session.update('cart', editAndThrow), /^Error: no$/)
    })
    assert.deepEqual(await browser.see((session) => session.get('cart')), ['a'])
  })
})

describe('an edit in place', () => {
  const edits: readonly [string, unknown, (value: never) => unknown][] = [
    ['a Date', new Date(5), (value: Date) => value.setTime(6)],
    ['a Map', new Map(), (value: Map<string, number>) => value.set('a', 1)],
    ['a Set', new Set(), (value: Set<number>) => value.add(1)],
    ['a URL', new URL('https://a.example'), (value: URL) => void (value.pathname = '/b')],
    ['a typed array', new Uint8Array(2), (value: Uint8Array) => void (value[0] = 1)],
    ['an object around a Date', { at: new Date(5) }, (value: { at: Date }) => void (value.at = new Date(6))],
  ]
  for (const [what, value, edit] of edits) {
    test(`an edit in place of ${what} is found at the save and throws, naming the value`, async () => {
      const { browser } = setUp()
      await browser.visit((session) => session.set('edited', value))
      const visit = await browser.open()
      edit(visit.session.get('edited') as never)
      await assert.rejects(visit.conclude(), /edited in place, which saves nothing: 'edited'/)
    })
  }

  test('an edit in place that makes a value uncarriable throws as well', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('seen', new Map()))
    const visit = await browser.open()
    ;(visit.session.get('seen') as Map<string, unknown>).set('a', () => {})
    await assert.rejects(visit.conclude(), { name: 'TypeError', message: /^value\(value\): / })
  })

  test('an edit in place is found before save(), consume() and transaction() write something else', async () => {
    const { browser } = setUp()
    await browser.visit((session) => {
      session.set('when', new Date(5))
      session.set('code', 'x')
    })
    const endings = [
      (session: typeof visit.session) => session.save(),
      (session: typeof visit.session) => session.consume('code'),
      (session: typeof visit.session) => session.transaction((values) => values.set('b', 2)),
    ]
    let visit = await browser.open()
    for (const end of endings) {
      visit = await browser.open()
      ;(visit.session.get('when') as Date).setTime(6)
      visit.session.set('other', Math.random())
      await assert.rejects(async () => {
        await end(visit.session)
        await visit.conclude()
      }, /edited in place, which saves nothing: 'when'/)
      assert.deepEqual(await browser.see((session) => session.keys()), ['when', 'code'])
    }
  })

  test('an edit in place inside a transaction throws and saves nothing', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('seen', new Map()))
    await browser.visit(async (session) => {
      const run = session.transaction((values) => {
        ;(values.get('seen') as Map<string, number>).set('a', 1)
        values.set('other', 1)
      })
      await assert.rejects(run, /edited in place, which saves nothing: 'seen'/)
    })
    assert.equal(await browser.see((session) => session.has('other')), false)
  })

  test('an edit in place does no harm when the value was replaced, or the session ended', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('when', new Date(5)))
    await browser.visit((session) => {
      const when = session.get('when') as Date
      when.setTime(6)
      session.set('when', when)
    })
    assert.deepEqual(await browser.see((session) => session.get('when')), new Date(6))
    await browser.visit((session) => {
      ;(session.get('when') as Date).setTime(7)
      session.logout()
    })
    assert.equal(rowsOf(store.rows, clock).length, 0)
  })

  test('an edit in place is not seen where there is none: reading alone never throws', async () => {
    const { browser } = setUp()
    const values = [
      new Date(5),
      new Map([[{}, -0]]),
      new Set([Number.NaN]),
      /a/g,
      new URL('https://a.example'),
      5n,
    ]
    await browser.visit((session) => session.set('all', values))
    await browser.visit((session) => void session.get('all'))
  })
})

describe('names', () => {
  const bad: readonly unknown[] = [
    '',
    'x'.repeat(257),
    'a\0b',
    '\ud800',
    '__proto__',
    'constructor',
    'prototype',
    '~flash',
    '~',
    5,
    null,
    undefined,
    Symbol('a'),
    {},
    ['a'],
  ]
  const calls = ['get', 'has', 'set', 'update', 'delete', 'take', 'flash', 'takeFlash'] as const
  for (const name of bad) {
    test(`names like ${inspect(name).slice(0, 20)} are refused with a TypeError by every call`, async () => {
      const { browser } = setUp()
      await browser.visit(async (session) => {
        for (const call of calls) {
          const value = call === 'update' ? () => 'x' : 'x'
          assert.throws(
            () => (session[call] as (name: unknown, value: unknown) => void)(name, value),
            TypeError,
            call,
          )
        }
        await assert.rejects(session.consume(name as string), TypeError)
        assert.throws(() => session.login('u_1', { carryOver: [name as string] }), TypeError)
      })
    })
  }

  test('names may be any other text: names of object methods, emoji, separators', async () => {
    const { browser } = setUp()
    const names = ['toString', 'then', 'toJSON', 'hasOwnProperty', '🧥', 'a b:c/d\n"', 'x'.repeat(256)]
    await browser.visit((session) => names.forEach((name) => session.set(name, name)))
    const { session } = await browser.open()
    for (const name of names) assert.equal(session.get(name), name)
    assert.equal(session.get('valueOf'), undefined)
  })

  test('names do not make a session a promise: it can be awaited', async () => {
    const { browser } = setUp()
    await browser.visit(async (session) => {
      session.set('then', 1)
      // oxlint-disable-next-line typescript/await-thenable -- a session must not pass for a promise
      assert.equal(await session, session)
    })
  })
})

async function rejectLate(): Promise<never> {
  throw new Error('lost')
}

function editAndThrow(cart: unknown): never {
  ;(cart as string[]).push('b')
  throw new Error('no')
}

function assertDeeplyFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  assert.ok(Object.isFrozen(value))
  for (const each of Object.values(value)) assertDeeplyFrozen(each)
}

test('a value set as a property of the session throws: it would be lost in silence', async () => {
  const { browser } = setUp()
  await browser.visit((session) => {
    assert.throws(() => Object.assign(session, { theme: 'dark' }), TypeError)
  })
})
