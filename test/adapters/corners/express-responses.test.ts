import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite } from 'node:test'
import express from 'express'
import type { Request, Response } from 'express'
import express4 from 'express4'
import { answerSaveError } from '../../../src/adapters/node/save-error.ts'
import { session } from '../../../src/express.ts'
import { compareCorners } from './compare.ts'
import type { Build, Corner, Log } from './visit.ts'

const folder = await mkdtemp(join(tmpdir(), 'coatcheck-'))
const report = join(folder, 'report.txt')
await writeFile(report, 'a report of some length\n'.repeat(20_000))
await utimes(report, 1_700_000_000, 1_700_000_000)
after(() => rm(folder, { recursive: true }))

const answerError: express.ErrorRequestHandler = (error, _request, response, _next) => {
  response.status(error.status ?? 500).send(`failed: ${error.status}`)
}

function buildApp(create: typeof express): Build {
  return (handler, sessions) => {
    const app = create()
    app.set('env', 'test')
    if (sessions) app.use(session(sessions, { onSaveError: answerSaveError }))
    app.use((request, response) => handler(request, response))
    app.use(answerError)
    return (request, response) => void app(request, response)
  }
}

// Express marks files as public, which the session overrides. Without that header nothing may differ.
const options = { cacheControl: false }

type Handle = (response: Response, request: Request, log: Log) => unknown

function corner(handle: Handle, headers: Record<string, string> = {}, method = 'GET'): Corner {
  return {
    headers,
    method,
    handle: (response, log, request) =>
      handle(response as unknown as Response, request as unknown as Request, log),
  }
}

const formats: Handle = (response) =>
  response.format({
    text: () => response.send('plain'),
    html: () => response.send('<p>rich</p>'),
    json: () => response.json({ kind: 'json' }),
  })
const sendReport: Handle = (response, _request, { order }) =>
  response.sendFile(report, options, (error) => order(['sent', error?.message, response.headersSent]))
const download: Handle = (response, _request, { order }) =>
  response.download(report, 'Bericht für März.txt', options, (error) => order(['downloaded', error?.message]))
const tag = (response: Response): Response => response.set('ETag', '"v1"')

const corners: Record<string, Corner> = {
  'redirect to a path': corner((response) => response.redirect('/next?a=1&b=ü')),
  'redirect with a status': corner((response) => response.redirect(303, 'https://shop.test/')),
  'redirect answered as HTML': corner((response) => response.redirect('/"><b>'), { Accept: 'text/html' }),
  'redirect answered as text': corner((response) => response.redirect(301, '/a'), { Accept: 'text/plain' }),
  'redirect of a HEAD request': corner((response) => response.redirect('/a'), {}, 'HEAD'),
  'redirect beside a cookie': corner((response) => response.cookie('seen', 'yes').redirect('/a')),
  'location without a redirect': corner((response) => response.location('/a').sendStatus(201)),
  // Express marks files as public, which the session overrides: nothing else may differ.
  'download by default': {
    ...corner((response) => response.download(report)),
    read: (received) => received.replace(/^cache-control: .*\r\n/im, ''),
  },
  'download with a name': corner(download),
  'download of a part': corner(download, { Range: 'bytes=10-19' }),
  'download of a HEAD request': corner(download, {}, 'HEAD'),
  'download of a missing file': corner((response, _request, { order }) =>
    response.download(join(folder, 'none'), (error) => {
      order(['failed', (error as { status?: number }).status, response.headersSent])
      response.status(404).send('no such report')
    }),
  ),
  'format by default': corner(formats),
  'format as HTML': corner(formats, { Accept: 'text/html,application/json;q=0.5' }),
  'format as JSON': corner(formats, { Accept: 'application/json' }),
  'format without an acceptable type': corner(
    (response) =>
      response.format({
        text: () => response.send('plain'),
        default: () => response.status(406).send('none of these'),
      }),
    { Accept: 'image/png' },
  ),
  sendFile: corner(sendReport),
  'sendFile of a part': corner(sendReport, { Range: 'bytes=5-9' }),
  'sendFile of the last bytes': corner(sendReport, { Range: 'bytes=-7' }),
  'sendFile of several parts': corner(sendReport, { Range: 'bytes=0-1,5-6' }),
  'sendFile of a fresh file': corner(sendReport, {
    'If-Modified-Since': new Date(1_800_000_000_000).toUTCString(),
  }),
  'sendFile whose precondition fails': corner(
    (response) =>
      response.sendFile(report, options, (error) =>
        response.sendStatus((error as { status?: number })?.status ?? 200),
      ),
    { 'If-Match': '"other"' },
  ),
  json: corner((response) => response.status(201).json({ a: [1, null, 'é'] })),
  'json of null': corner((response) => response.json(null)),
  jsonp: corner((response, request) => {
    request.query['callback'] ??= 'show'
    return response.jsonp({ a: '\u2028' })
  }),
  cookie: corner((response) =>
    response.cookie('a', 'x y', { httpOnly: true }).cookie('b', { c: 1 }, { path: '/b' }).send('body'),
  ),
  clearCookie: corner((response) => response.cookie('a', '1').clearCookie('b', { path: '/b' }).send('body')),
  attachment: corner((response) => response.attachment('Bericht.pdf').send(Buffer.from('pdf'))),
  'send of a buffer': corner((response) => response.type('bin').send(Buffer.from([0, 1, 2, 255]))),
  'send of nothing': corner((response) => response.send()),
  'send of 204': corner((response) => response.status(204).send('ignored')),
  'send of 205': corner((response) => response.status(205).send('ignored')),
  'send to a HEAD request': corner((response) => response.send('body'), {}, 'HEAD'),
  'send with a weak tag of its own': corner((response) => response.send('a body that gets a tag')),
  'send of a fresh body': corner((response) => tag(response).send('body'), { 'If-None-Match': '"v1"' }),
  'send of a stale body': corner((response) => tag(response).send('body'), { 'If-None-Match': '"v0"' }),
  'request.fresh in the handler': corner(
    (response, request, { order }) => {
      tag(response)
      order([request.fresh, request.stale])
      return request.fresh ? response.sendStatus(304) : response.send('body')
    },
    { 'If-None-Match': '"v1"' },
  ),
  'links, vary, append and type': corner((response) =>
    response
      .links({ next: '/2' })
      .vary('Accept-Language')
      .append('X-A', ['1', '2'])
      .type('text/markdown')
      .send('# title'),
  ),
}

for (const [version, create] of [
  ['4', express4],
  ['5', express],
] as const) {
  suite(`Express ${version}`, () => compareCorners(corners, ['http/1.1'], buildApp(create)))
}
