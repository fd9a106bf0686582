import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { ReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as requestHttp } from 'node:http'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import { after, suite, test } from 'node:test'
import { withSession } from '../../../src/node.ts'
import { createSessionManager } from '../../../src/index.ts'
import { controlledStore } from '../../core/controlled-store.ts'
import { settle } from '../../core/harness.ts'
import type { Loose } from '../../core/harness.ts'
import { openWire, protocols } from './wire.ts'
import type { Protocol } from './wire.ts'

const chunkSize = 65_536
const content = Buffer.alloc(6 * 1024 * 1024, 'sixteen bytes on.')
const folder = await mkdtemp(join(tmpdir(), 'coatcheck-'))
const path = join(folder, 'large.txt')
await writeFile(path, content)
after(() => rm(folder, { recursive: true }))

/** Sends a request and returns the body of the answer, unread. */
function send(protocol: Protocol, port: number): Promise<{ body: Readable; end(): void }> {
  return new Promise((resolve) => {
    if (protocol === 'http/1.1') {
      requestHttp({ port, host: '127.0.0.1', agent: false }, (body) => resolve({ body, end() {} })).end()
      return
    }
    const connection = connect(`http://127.0.0.1:${port}`)
    const body = connection.request({ ':path': '/' })
    body.on('response', () => resolve({ body, end: () => connection.close() }))
  })
}

/** Reads a body chunk by chunk and lets all other work run in between. */
async function readSlowly(body: Readable): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of body) {
    hash.update(chunk as Buffer)
    await settle()
  }
  return hash.digest('hex')
}

suite('a large file for a slow reader', () => {
  for (const protocol of protocols) {
    for (const mode of ['no session', 'nothing to save', 'a save held back'] as const) {
      test(`arrives complete, with few chunks in memory at a time, with ${mode}, on ${protocol}`, async () => {
        const store = controlledStore()
        store.plan('create', 'hold')
        const sessions = createSessionManager<Loose>({ store })
        const piped = Promise.withResolvers<void>()
        let file: ReadStream | undefined
        let waiting = 0
        const handle = (_request: unknown, response: ServerResponse): void => {
          file = createReadStream(path, { highWaterMark: chunkSize })
          file.on('data', () => (waiting = Math.max(waiting, response.writableLength)))
          pipeline(file, response).then(piped.resolve, piped.reject)
        }
        const serve = withSession((request, response) => {
          if (mode === 'a save held back') sessions.get(request).set('theme', 'dark')
          handle(request, response)
        }, sessions)
        await using wire = await openWire(protocol, mode === 'no session' ? handle : serve)
        const answered = send(protocol, wire.port)
        if (mode === 'a save held back') {
          const call = await store.held('create')
          for (let turn = 0; turn < 20; turn += 1) await settle()
          assert.ok((file?.bytesRead ?? 0) <= 2 * chunkSize, `${file?.bytesRead} bytes read while held`)
          call.pass()
        }
        const { body, end } = await answered
        assert.equal(await readSlowly(body), createHash('sha256').update(content).digest('hex'))
        end()
        await piped.promise
        assert.ok(waiting <= 3 * chunkSize, `${waiting} bytes waited in the response`)
      })
    }
  }
})
