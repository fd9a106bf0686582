import { Readable } from 'node:stream'
import { compareCorners } from './compare.ts'

const modes = ['nothing to save', 'a session read', 'a save held back', 'a save refused'] as const

compareCorners({
  'before the end': {
    modes,
    handle(response) {
      response.writeHead(200, { Trailer: 'X-Sum' })
      response.write('body')
      response.addTrailers({ 'X-Sum': '1', 'X-Other': '2' })
      response.end()
    },
  },
  'before the head': {
    modes,
    handle(response) {
      response.setHeader('Trailer', 'X-Sum')
      response.addTrailers({ 'X-Sum': '1' })
      response.write('one')
      response.end('two')
    },
  },
  'known when a stream is over': {
    modes,
    handle(response) {
      response.writeHead(200, { Trailer: 'X-Sum' })
      let sum = 0
      const source = Readable.from(['one', 'two', 'three'])
      source.on('data', (chunk: string) => (sum += chunk.length))
      source.on('end', () => {
        response.addTrailers({ 'X-Sum': String(sum) })
        response.end()
      })
      source.pipe(response, { end: false })
    },
  },
  'for an empty body': {
    modes,
    handle(response) {
      response.addTrailers({ 'X-Sum': '0' })
      response.end()
    },
  },
})

compareCorners(
  {
    'in pairs': {
      handle(response) {
        response.write('body')
        response.addTrailers([
          ['X-Sum', '1'],
          ['X-Sum', '2'],
        ])
        response.end()
      },
    },
  },
  ['http/1.1'],
)

compareCorners(
  {
    'set one by one': {
      handle(response) {
        const { setTrailer } = response as unknown as { setTrailer(name: string, value: string): void }
        setTrailer.call(response, 'X-Sum', '1')
        response.end('body')
      },
    },
  },
  ['http2'],
)
