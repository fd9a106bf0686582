import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { suite } from 'node:test'
import { createGzip, gunzipSync } from 'node:zlib'
import compression from 'compression'
import type { ServerResponse } from 'node:http'
import { session } from '../../../src/node.ts'
import { compareCorners } from './compare.ts'
import type { Build, Corner } from './visit.ts'

const long = 'a long line that is worth compressing. '.repeat(4000)
const compress = compression() as unknown as (request: object, response: object, next: () => void) => void

const places: Record<string, Build> = {
  'in front': (handler, sessions) => {
    const serve = sessions ? session(sessions) : undefined
    return (request, response) =>
      compress(request, response, () =>
        serve ? serve(request, response, () => handler(request, response)) : handler(request, response),
      )
  },
  behind: (handler, sessions) => {
    const serve = sessions ? session(sessions) : undefined
    const run: typeof handler = (request, response) =>
      compress(request, response, () => handler(request, response))
    return (request, response) =>
      serve ? serve(request, response, () => run(request, response)) : run(request, response)
  },
}

// A compressed body may be cut anywhere, so only its content is compared.
function unpack(received: string): string {
  const [head = '', ...rest] = received.split('\r\n\r\n')
  if (!/content-encoding: gzip/i.test(head)) return received
  const body = rest.join('\r\n\r\n')
  const { data, after } = /chunked/i.test(head) ? joinChunks(body) : { data: body, after: '' }
  const unpacked = gunzipSync(Buffer.from(data, 'latin1')).toString().replaceAll(long, '[long]')
  return `${head}\r\n\r\n${unpacked}${after}`
}

function joinChunks(body: string): { data: string; after: string } {
  let data = ''
  for (let start = 0; ;) {
    const line = body.indexOf('\r\n', start)
    const size = Number.parseInt(body.slice(start, line), 16)
    if (size === 0) return { data, after: body.slice(line + 4) }
    data += body.slice(line + 2, line + 2 + size)
    start = line + size + 4
  }
}

function compressed(handle: Corner['handle'], method = 'GET'): Corner {
  return { method, headers: { 'Accept-Encoding': 'gzip' }, read: unpack, handle }
}

function begin(response: ServerResponse): void {
  response.setHeader('Content-Type', 'text/plain')
  response.setHeader('Set-Cookie', ['a=1'])
}

const corners: Record<string, Corner> = {
  'one end': compressed((response) => {
    begin(response)
    response.end(long)
  }),
  'a head, writes and an end': compressed((response) => {
    begin(response)
    response.writeHead(201, { 'X-A': '1' })
    response.write(long)
    response.write(long)
    response.end('over')
  }),
  'a pipe': compressed((response) => {
    begin(response)
    Readable.from(Array.from({ length: 40 }, () => long)).pipe(response)
  }),
  'a pipeline': compressed((response, { order }) => {
    begin(response)
    pipeline(Readable.from([long, long, 'over']), response).then(
      () => order('piped'),
      (error) => order(`piped ${error.code}`),
    )
  }),
  'a flush in the middle': compressed((response) => {
    begin(response)
    response.write(long)
    ;(response as ServerResponse & { flush(): void }).flush()
    response.end('over')
  }),
  'a HEAD request': compressed((response) => {
    begin(response)
    response.end(long)
  }, 'HEAD'),
  'a body too small to compress': compressed((response) => {
    begin(response)
    response.setHeader('Content-Length', 5)
    response.end('small')
  }),
  'a client that accepts none': {
    handle(response) {
      begin(response)
      response.end('plain')
    },
  },
  '304': compressed((response) => void response.writeHead(304, { ETag: '"a"' }).end()),
}

for (const [place, how] of Object.entries(places)) {
  const failing = place === 'in front' ? how : undefined
  suite(`compression ${place}`, () => compareCorners(corners, undefined, how, failing))
}

suite('a gzip stream of the handler', () => {
  compareCorners({
    'a pipeline through it': compressed((response, { order }) => {
      begin(response)
      response.setHeader('Content-Encoding', 'gzip')
      pipeline(Readable.from(Array.from({ length: 40 }, () => long)), createGzip(), response).then(
        () => order('piped'),
        (error) => order(`piped ${error.code}`),
      )
    }),
  })
})
