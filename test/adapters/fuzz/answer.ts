// What arrived on the wire, in a form that can be compared.

import { gunzipSync } from 'node:zlib'
import { dropSessionHeaders } from '../corners/compare.ts'
import type { Framework } from './stacks.ts'

export interface Answer {
  readonly statusLine: string
  readonly headers: readonly string[]
  readonly body: string
  readonly isWhole: boolean
}

/** Reads everything that one connection, or one stream, has brought. */
export function readAnswer(received: string, framework: Framework): Answer {
  const text = dropSessionHeaders(received)
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return { statusLine: '', headers: [], body: '', isWhole: false }
  const [statusLine = '', ...headers] = text.slice(0, end).split('\r\n')
  const sorted = headers
    .filter((line) => !line.startsWith('other'))
    .map(lowerName)
    .toSorted()
  const raw = text.slice(end + 4)
  const { body, isWhole } = framework === 'http2' ? readStreamBody(raw) : readBody(raw, headers.join('\r\n'))
  const isPacked = /^content-encoding: gzip$/im.test(headers.join('\n'))
  return { statusLine, headers: sorted, body: isPacked ? unpack(body) : body, isWhole }
}

/** Node sends each line of a list as it is spelled, and all alike once a line has been added to the head. */
function lowerName(line: string): string {
  return line.replace(/^[^:]+/, (name) => name.toLowerCase())
}

function readStreamBody(raw: string): { body: string; isWhole: boolean } {
  const reset = raw.search(/\r\nreset \d+$/)
  return { body: reset < 0 ? raw : raw.slice(0, reset), isWhole: reset < 0 }
}

function readBody(raw: string, headers: string): { body: string; isWhole: boolean } {
  if (/^transfer-encoding: chunked/im.test(headers)) return readChunks(raw)
  const length = /^content-length: (\d+)/im.exec(headers)?.[1]
  return { body: raw, isWhole: length === undefined || raw.length >= Number(length) }
}

function readChunks(raw: string): { body: string; isWhole: boolean } {
  let body = ''
  for (let start = 0; ;) {
    const line = raw.indexOf('\r\n', start)
    if (line < 0) return { body, isWhole: false }
    const size = Number.parseInt(raw.slice(start, line), 16)
    if (size === 0) return { body: `${body}|${raw.slice(line + 2)}`, isWhole: raw.endsWith('\r\n\r\n') }
    if (raw.length < line + 2 + size) return { body, isWhole: false }
    body += raw.slice(line + 2, line + 2 + size)
    start = line + size + 4
  }
}

/** A compressed body may be cut into chunks anywhere; trailers follow a line. */
function unpack(body: string): string {
  const split = body.lastIndexOf('|')
  const [packed, rest] = split < 0 ? [body, ''] : [body.slice(0, split), body.slice(split)]
  try {
    return packed === '' ? rest : gunzipSync(Buffer.from(packed, 'latin1')).toString() + rest
  } catch (error) {
    return `unreadable: ${(error as NodeJS.ErrnoException).code}`
  }
}
