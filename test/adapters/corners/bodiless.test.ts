import { compareCorners } from './compare.ts'
import { logOutcome } from './log-outcome.ts'

compareCorners({
  'a HEAD request that is answered with a body': {
    method: 'HEAD',
    handle: (response) => void response.writeHead(200, { 'X-A': '1' }).end('body'),
  },
  'a HEAD request with a length and writes': {
    method: 'HEAD',
    handle(response, { order }) {
      response.writeHead(200, { 'Content-Length': 8 })
      response.write('body', () => order('written'))
      response.end('more', () => order('ended'))
    },
  },
  'a HEAD request that is answered without a body': {
    method: 'HEAD',
    handle: (response) => void response.writeHead(200, { 'Content-Length': 1000, ETag: '"a"' }).end(),
  },
  '304': {
    headers: { 'If-None-Match': '"a"' },
    handle: (response) => void response.writeHead(304, { ETag: '"a"' }).end(),
  },
  '304 by status, with a body that must not be sent': {
    handle(response) {
      response.statusCode = 304
      response.setHeader('ETag', '"a"')
      response.end('body')
    },
  },
  '304 with writes': {
    handle(response, { order }) {
      response.writeHead(304)
      response.write('body', () => order('written'))
      response.end(() => order('ended'))
    },
  },
  '204 with a body': { handle: (response) => void response.writeHead(204, { 'X-A': '1' }).end('body') },
  '205': { handle: (response) => void response.writeHead(205, { 'Content-Length': 0 }).end() },
  'an empty end': { handle: (response, { order }) => void response.end('', () => order('ended')) },
  'an end without a value': { handle: (response) => void response.end() },
  'only flushHeaders, then an end': {
    handle(response) {
      response.flushHeaders()
      response.end()
    },
  },
})

const mismatch: Record<string, Parameters<typeof compareCorners>[0][string]> = {
  'a length that is too small for write': {
    handle(response, log) {
      response.strictContentLength = true
      response.writeHead(200, { 'Content-Length': 3 })
      logOutcome(log, () => response.write('body'))
      response.end('abc')
    },
  },
  'a length that is too small for end': {
    modes: ['nothing to save', 'a session read'],
    handle(response, log) {
      response.strictContentLength = true
      response.setHeader('Content-Length', 3)
      logOutcome(log, () => response.end('body'))
      response.destroy()
    },
  },
  'a length that is too large': {
    handle(response, log) {
      response.strictContentLength = true
      response.setHeader('Content-Length', 5)
      response.write('a')
      logOutcome(log, () => response.end('bc'))
      response.end('bcde')
    },
  },
  'a length that is not checked': {
    headers: { Connection: 'close' },
    handle(response) {
      response.writeHead(200, { 'Content-Length': 3 })
      response.write('body')
      response.end('more')
    },
  },
  'a length in the units of the encoding': {
    handle(response, log) {
      response.strictContentLength = true
      response.writeHead(200, ['Content-Length', '4'])
      response.write('c3a9', 'hex')
      logOutcome(log, () => response.end('é', 'utf8'))
    },
  },
}
compareCorners(mismatch, ['http/1.1'])

compareCorners(
  {
    'a length that is too large': {
      handle: (response) => void response.writeHead(200, { 'Content-Length': 9 }).end('body'),
    },
    'a length that is too small': {
      handle: (response) => void response.writeHead(200, { 'Content-Length': 2 }).end('body'),
    },
    'a length that is right': {
      handle: (response) => void response.writeHead(200, { 'Content-Length': 4 }).end('body'),
    },
  },
  ['http2'],
)
