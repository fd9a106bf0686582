import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { withSession } from '../../../src/node.ts'
import { createSessionManager } from '../../../src/index.ts'
import { compareCorners, dropSessionHeaders } from './compare.ts'
import type { Corner } from './visit.ts'
import { openWire, protocols } from './wire.ts'
import { logOutcome } from './log-outcome.ts'

function respond(...head: unknown[]): Corner['handle'] {
  return (response) => void (Reflect.apply(response.writeHead, response, head) as ServerResponse).end('body')
}

function over(...head: unknown[]): Corner['handle'] {
  return (response, log, request) => {
    response.setHeader('X-A', 'set')
    response.setHeader('set-cookie', ['a=1', 'b=2'])
    response.setHeader('X-Z', ['1', '2'])
    return respond(...head)(response, log, request)
  }
}

compareCorners({
  'an object': { handle: respond(201, { 'X-B': 'b', 'x-a': ['1', '2'], 'X-Number': 5 }) },
  'a reason and an object': { handle: respond(404, 'Gone Fishing', { 'X-B': 'b' }) },
  'cookies in an object': { handle: respond(200, { 'Set-Cookie': ['a=1; Path=/', 'b=2'], 'X-B': 'b' }) },
  'one cookie in an object': { handle: respond(200, { 'set-cookie': 'a=1' }) },
  'a flat list': { handle: respond(200, ['X-B', '1', 'Set-Cookie', 'a=1', 'x-a', '2']) },
  'a reason and a flat list with lists in it': {
    handle: respond(200, 'Fine', ['X-B', ['1', '2'], 'X-A', '3']),
  },
  'a name twice in a flat list': {
    handle: respond(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-A', '1']),
  },
  pairs: {
    handle: respond(200, [
      ['X-B', '1'],
      ['Set-Cookie', ['a=1', 'b=2']],
      ['X-A', '2'],
    ]),
  },
  'an object over headers that are set': { handle: over(200, { 'x-a': 'given', 'X-B': 'b' }) },
  'cookies in an object over cookies that are set': { handle: over(200, { 'Set-Cookie': ['c=3'] }) },
  'a flat list over headers that are set': {
    handle: over(200, ['X-A', 'given', 'X-A', 'again', 'Set-Cookie', 'c=3']),
  },
  'cookies that are set, in lower case': { handle: over(200) },
  appendHeader: {
    handle(response) {
      response.setHeader('X-A', '1')
      response.appendHeader('x-a', '2')
      response.appendHeader('Set-Cookie', 'a=1')
      response.appendHeader('Set-Cookie', ['b=2', 'c=3'])
      response.end('body')
    },
  },
  'appendHeader, then writeHead': {
    handle(response) {
      response.appendHeader('Set-Cookie', 'a=1')
      response.appendHeader('X-A', ['1', '2'])
      response.writeHead(200, { 'X-B': 'b' }).end('body')
    },
  },
  'a list that is changed after it was given': {
    handle(response) {
      const cookies = ['a=1']
      response.writeHead(200, { 'Set-Cookie': cookies })
      cookies.push('late=1')
      response.end('body')
    },
  },
  'removed and set again': {
    handle(response) {
      response.setHeader('X-A', '1')
      response.setHeader('X-B', '2')
      response.removeHeader('x-a')
      response.setHeader('X-A', '3')
      response.end('body')
    },
  },
  'calls that are refused after the head': {
    handle(response, log) {
      response.writeHead(200, { 'X-A': '1' })
      logOutcome(log, () => response.writeHead(200))
      logOutcome(log, () => response.setHeader('a', 'b'))
      logOutcome(log, () => response.appendHeader('a', 'b'))
      logOutcome(log, () => response.removeHeader('X-A'))
      log.order([response.headersSent, response.statusCode, response.writableEnded])
      response.end('body')
      log.order([response.headersSent, response.statusCode])
      // Until a held answer has been sent, it has not ended, and refuses nothing: see the tests of a held head.
      log.note(response.writableEnded)
      logOutcome({ ...log, order: log.note }, () => response.writeHead(200))
    },
  },
  'heads that are refused': {
    handle(response, log) {
      for (const headers of [
        { 'bad name': 'x' },
        { '': 'x' },
        { 'X-A': undefined },
        { ':status': '200' },
        ['X-A', '1', 'X-B'],
        ['bad name', 'x'],
      ]) {
        logOutcome(log, () => Reflect.apply(response.writeHead, response, [200, headers]))
        for (const name of response.getHeaderNames()) response.removeHeader(name)
      }
      logOutcome(log, () => response.writeHead(99))
      logOutcome(log, () => response.writeHead(1000, { 'X-A': '1' }))
      if (!response.headersSent) response.statusCode = 200
      response.end('body')
    },
  },
})

for (const protocol of protocols) {
  const cookies = ['a=1']
  const ways: Record<string, (response: ServerResponse) => void> = {
    setHeader: (response) => void response.setHeader('Set-Cookie', cookies),
    'writeHead with an object': (response) => void response.writeHead(200, { 'Set-Cookie': cookies }),
    'writeHead with a list': (response) => void response.writeHead(200, ['Set-Cookie', cookies]),
  }
  for (const [way, send] of Object.entries(ways)) {
    test(`a list of cookies shared by all responses never gets the session cookie: ${way}, on ${protocol}`, async () => {
      const sessions = createSessionManager<Record<string, unknown>>()
      await using wire = await openWire(
        protocol,
        withSession((request, response) => {
          sessions.get(request).set('theme', 'dark')
          send(response)
          response.end()
        }, sessions),
      )
      for (let visitor = 0; visitor < 2; visitor += 1) {
        const client = wire.send({ headers: protocol === 'http2' ? {} : { Connection: 'close' } })
        const received = await client.done
        assert.equal(received.match(/session_id=/g)?.length, 1)
        assert.match(dropSessionHeaders(received), /set-cookie: a=1\r\n/i)
      }
      assert.deepEqual(cookies, ['a=1'])
    })
  }
}
