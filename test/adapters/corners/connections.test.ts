import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { suite, test } from 'node:test'
import { getSession, withSession } from '../../../src/node.ts'
import { createSessionManager } from '../../../src/index.ts'
import { controlledStore } from '../../core/controlled-store.ts'
import { settle } from '../../core/harness.ts'
import type { Loose } from '../../core/harness.ts'
import { dropSessionHeaders } from './compare.ts'
import { formatRequest, openWire, sendHttp1 } from './wire.ts'
import type { Listener } from './wire.ts'

const requestText = (path: string, headers = {}): string => formatRequest({ path, headers })
const pipelined =
  ['/1', '/2', '/3'].map((path) => requestText(path)).join('') + requestText('/4', { Connection: 'close' })

const handler: Listener = (request, response) => {
  if (request.url === '/2') response.writeHead(200, { 'Content-Length': 2 })
  response.write(request.url)
  response.end()
}

async function pipeline(listener: Listener): Promise<string> {
  await using wire = await openWire('http/1.1', listener)
  return await sendHttp1(wire.port, pipelined).done
}

suite('pipelined requests on one connection', () => {
  test('are answered as by a bare server when there is nothing to save', async () => {
    assert.equal(await pipeline(withSession(handler)), await pipeline(handler))
  })

  test('are answered in order, whichever save finishes first', async () => {
    const store = controlledStore()
    store.always('create', 'hold')
    const sessions = createSessionManager<Loose>({ store })
    const serve = withSession((request, response) => {
      sessions.get(request).set('path', request.url)
      handler(request, response)
    }, sessions)
    await using wire = await openWire('http/1.1', serve)
    const client = sendHttp1(wire.port, pipelined)
    const calls = []
    for (let count = 0; count < 4; count += 1) calls.push(await store.held('create'))
    for (const call of calls.slice(1)) call.pass()
    await settle()
    assert.equal(client.received(), '')
    assert.equal(store.rows.size, 3)
    calls[0]?.pass()
    const received = await client.done
    assert.equal(dropSessionHeaders(received), await pipeline(handler))
    assert.equal(new Set(received.match(/session_id=\w+/g)).size, 4)
  })

  test('are not affected by another one whose save fails', async () => {
    const store = controlledStore()
    const failing = {
      ...store,
      create: () => Promise.reject(new Error('down')),
      read: () => Promise.reject(new Error('down')),
    }
    const sessions = createSessionManager<Loose>({ store: failing })
    const serve = withSession((request, response) => {
      if (request.url === '/2') sessions.get(request).set('path', request.url)
      handler(request, response)
    }, sessions)
    const received = await pipeline(serve)
    const bare = (await pipeline(handler)).split(/(?=HTTP\/1\.1 )/)
    const answers = received.split(/(?=HTTP\/1\.1 )/)
    assert.match(answers[1] ?? '', /^HTTP\/1.1 503 /)
    assert.deepEqual(answers.toSpliced(1, 1), bare.toSpliced(1, 1))
  })
})

suite('a keep-alive connection', () => {
  test('serves one request after another, and does not accumulate listeners', async () => {
    const sockets = new Set<Socket>()
    const listeners: number[] = []
    const sessions = createSessionManager<Loose>()
    const serve = withSession((request, response) => {
      sockets.add(request.socket)
      listeners.push(
        request.socket.eventNames().reduce((sum, name) => sum + request.socket.listenerCount(name), 0),
      )
      sessions.get(request).set('path', request.url)
      response.end(request.url)
    }, sessions)
    await using wire = await openWire('http/1.1', serve)
    const client = sendHttp1(wire.port, requestText('/0'))
    for (let count = 1; count <= 12; count += 1) {
      while (!client.received().endsWith(`/${count - 1}`)) await new Promise(setImmediate)
      client.connection.write(requestText(`/${count}`, count === 12 ? { Connection: 'close' } : {}))
    }
    const received = await client.done
    assert.equal(received.match(/HTTP\/1.1 200 OK/g)?.length, 13)
    assert.equal(new Set(received.match(/session_id=\w+/g)).size, 13)
    assert.equal(sockets.size, 1)
    assert.equal(listeners.at(-1), listeners[1])
  })

  test('stays usable after the answer to a failed save', async () => {
    let isDown = true
    const store = controlledStore()
    store.plan('create', 'refuse')
    store.plan('read', 'refuse')
    const serve = withSession(
      (request, response) => {
        if (isDown) getSession(request).set('theme', 'dark')
        isDown = false
        response.writeHead(200, { 'Content-Length': 4 }).end('body')
      },
      { store },
    )
    await using wire = await openWire('http/1.1', serve)
    const received = await sendHttp1(wire.port, requestText('/') + requestText('/', { Connection: 'close' }))
      .done
    assert.match(received, /^HTTP\/1.1 503 [^]*may not have been saved\.HTTP\/1.1 200 OK\r\n[^]*body$/)
  })
})
