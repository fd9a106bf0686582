// The adapters that run a node application as a function, each around Express and our middleware, as built. Each
// takes an event of AWS API Gateway (version 2.0) and answers with one object; one can stream as well.

import { PassThrough } from 'node:stream'
import { ServerlessAdapter } from '@h4ad/serverless-adapter'
import { ApiGatewayV2Adapter } from '@h4ad/serverless-adapter/adapters/aws'
import { ExpressFramework } from '@h4ad/serverless-adapter/frameworks/express'
import { AwsStreamHandler } from '@h4ad/serverless-adapter/handlers/aws'
import { DefaultHandler } from '@h4ad/serverless-adapter/handlers/default'
import { PromiseResolver } from '@h4ad/serverless-adapter/resolvers/promise'
import codegenie from '@codegenie/serverless-express'
import vendia from '@vendia/serverless-express'
import serverlessHttp from 'serverless-http'

const quiet = { info() {}, debug() {}, error() {}, warn() {}, verbose() {}, silly() {} }

function buildH4ad(app, handler) {
  return ServerlessAdapter.new(app)
    .setFramework(new ExpressFramework())
    .setHandler(handler)
    .setResolver(new PromiseResolver())
    .addAdapter(new ApiGatewayV2Adapter())
    .setLogger({ ...quiet, log() {} })
    .build()
}

/** Makes a function of an application. What it answers is an object with `statusCode`, `headers`, `cookies`, `body`. */
export const functions = {
  'serverless-http': (app) => serverlessHttp(app),
  '@codegenie/serverless-express': (app) => codegenie({ app, log: quiet }),
  '@vendia/serverless-express': (app) => vendia({ app, log: quiet }),
  '@h4ad/serverless-adapter': (app) => {
    const run = buildH4ad(app, new DefaultHandler())
    return (event, context) => run(event, context, () => {})
  },
  '@h4ad/serverless-adapter, streaming': (app) => {
    stageStreaming()
    const run = buildH4ad(app, new AwsStreamHandler())
    return (event, context) => run(event, context)
  },
}

/** What AWS gives to a function that streams: the head comes with the stream, and the body follows in pieces. */
function stageStreaming() {
  globalThis.awslambda = {
    HttpResponseStream: {
      from: (stream, head) => Object.assign(stream, { head }),
    },
    streamifyResponse: (run) => async (event, context) => {
      const stream = new PassThrough()
      const pieces = []
      stream.on('data', (piece) => pieces.push(String(piece)))
      await run(event, stream, context)
      if (!stream.writableEnded) stream.end()
      if (!stream.readableEnded) await new Promise((resolve) => stream.on('end', resolve))
      return { ...stream.head, pieces, body: pieces.join('') }
    },
  }
}

/** One request, as API Gateway passes it on. */
export function createEvent(method, path, cookie) {
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers: { host: 'shop.test', ...(cookie ? { cookie } : {}) },
    ...(cookie ? { cookies: [cookie] } : {}),
    requestContext: {
      http: { method, path, sourceIp: '127.0.0.1', protocol: 'HTTP/1.1', userAgent: 'test' },
      domainName: 'shop.test',
      stage: '$default',
    },
    isBase64Encoded: false,
  }
}

/** Status, body, and what the answer says of our cookie, wherever an adapter puts it. */
export function readResult({
  statusCode,
  headers = {},
  cookies = [],
  multiValueHeaders = {},
  body,
  pieces,
  isBase64Encoded,
}) {
  const lines = [...cookies, headers['set-cookie'] ?? [], multiValueHeaders['set-cookie'] ?? []].flat()
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString() : body
  return { status: statusCode, body: text, pieces, headers, cookies: lines }
}
