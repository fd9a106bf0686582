// What stands around a handler: well-known middleware in any order, in any framework that calls it.

import { createRequire } from 'node:module'
import type { IncomingMessage, ServerResponse } from 'node:http'
import fastifyExpress from '@fastify/express'
import express from 'express'
import express4 from 'express4'
import Fastify from 'fastify'
import * as fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import type { Sight } from './program.ts'

export type Layer = (request: IncomingMessage, response: ServerResponse, next: () => void) => void

const require = createRequire(import.meta.url)
const compression = require('compression') as (options: object) => Layer
const cookieSession = require('cookie-session') as (options: object) => Layer
const morgan = require('morgan') as (format: string, options: object) => Layer
const onFinished = require('on-finished') as (response: object, listener: (error: unknown) => void) => void
const onHeaders = require('on-headers') as (
  response: object,
  listener: (this: ServerResponse) => void,
) => void
const responseTime = require('response-time') as (write: (...values: never[]) => void) => Layer

const compress = compression({ threshold: 0 })
const keepCookies = cookieSession({ name: 'other', keys: ['a key for tests'] })
const writeTime = responseTime((_request: unknown, response: ServerResponse) => {
  response.setHeader('X-Response-Time', 'some')
})

/** The layers by name. Each does something that shows on the wire, or to a logger. */
export const layers = {
  compression: compress,
  'response-time': writeTime,
  'cookie-session': (request, response, next) =>
    keepCookies(request, response, () => {
      const { session } = request as IncomingMessage & { session: Record<string, unknown> }
      session['visits'] = 1
      next()
    }),
  'on-headers': (_request, response, next) => {
    onHeaders(response, function () {
      this.setHeader('X-Added', 'yes')
    })
    next()
  },
  'a changed status': (_request, response, next) => {
    onHeaders(response, function () {
      if (this.statusCode === 200) this.statusCode = 203
    })
    next()
  },
  'a wrapped writeHead': (_request, response, next) => {
    const { writeHead } = response
    response.writeHead = function (this: ServerResponse, ...head: unknown[]) {
      if (!this.headersSent) this.setHeader('X-Wrapped', 'yes')
      return Reflect.apply(writeHead, this, head)
    } as typeof writeHead
    next()
  },
  'a reader of _header': (_request, response, next) => {
    // As compression did before its version 1.8.
    const { write, end } = response
    const sendHead = (): void => {
      const sendImplicitly: unknown = Reflect.get(response, '_implicitHeader')
      if (!Reflect.get(response, '_header') && typeof sendImplicitly === 'function')
        Reflect.apply(sendImplicitly, response, [])
    }
    Object.assign(response, {
      write(this: ServerResponse, ...values: unknown[]) {
        sendHead()
        return Reflect.apply(write, this, values)
      },
      end(this: ServerResponse, ...values: unknown[]) {
        sendHead()
        return Reflect.apply(end, this, values)
      },
    })
    next()
  },
} satisfies Record<string, Layer>

/** Layers that only listen. */
export function createListeners(sight: Sight): Record<'morgan' | 'on-finished', Layer> {
  return {
    morgan: morgan(':status', {
      stream: { write: (line: string) => sight.heard.push(`logged ${line.trim()}`) },
    }),
    'on-finished': (_request, response, next) => {
      onFinished(response, (error) => sight.heard.push(`finished ${error ? 'badly' : 'well'}`))
      next()
    },
  }
}

export type LayerName = keyof typeof layers | 'morgan' | 'on-finished' | 'session'

export const frameworks = ['node', 'express', 'express 4', 'fastify', 'http2'] as const
export type Framework = (typeof frameworks)[number]

/** A handler behind its layers, to be served by the framework. */
export interface Stack {
  readonly framework: Framework
  readonly order: readonly LayerName[]
}

const names = [...(Object.keys(layers) as LayerName[]), 'morgan', 'on-finished'] as const

/** Any framework, and some of the layers, in any order. The session is always among them. */
export const stacks: Arbitrary<Stack> = fc
  .record({
    framework: fc.constantFrom(...frameworks),
    order: fc
      .tuple(fc.uniqueArray(fc.constantFrom(...names), { maxLength: 4 }), fc.nat(4))
      .map(([order, place]): LayerName[] => order.toSpliced(Math.min(place, order.length), 0, 'session')),
  })
  .map(({ framework, order }) => ({
    framework,
    // Under @fastify/express `headersSent` is false after a write, upon which compression sends a second head.
    order: framework === 'fastify' ? order.filter((name) => name !== 'compression') : order,
  }))

/** Calls the layers one after the other, as a framework does. */
function chain(all: readonly Layer[]): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const left = [...all]
    const next = (): void => left.shift()?.(request, response, next)
    next()
  }
}

export type Serve = (request: IncomingMessage, response: ServerResponse, all: readonly Layer[]) => void

const serveChain: Serve = (request, response, all) => chain(all)(request, response)
const serveExpress =
  (create: typeof express): Serve =>
  (request, response, all) => {
    const app = create()
    app.use(...(all as never[]))
    app(request as never, response as never)
  }

/** How each framework serves a request with the given layers. */
export async function createServers(): Promise<Record<Framework, Serve>> {
  const fastify = Fastify()
  const waiting = new WeakMap<IncomingMessage, readonly Layer[]>()
  await fastify.register(fastifyExpress)
  fastify.use(((request: IncomingMessage, response: ServerResponse) =>
    chain(waiting.get(request) ?? [])(request, response)) as never)
  await fastify.ready()
  return {
    node: serveChain,
    http2: serveChain,
    express: serveExpress(express),
    'express 4': serveExpress(express4),
    fastify(request, response, all) {
      waiting.set(request, all)
      fastify.routing(request, response)
    },
  }
}
