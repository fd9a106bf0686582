import { fromExpressStore, fromKeyv, fromUnstorage } from 'coatcheck/stores/basic'
import type { BasicStore } from 'coatcheck/stores/basic'
import type { FastifySessionOptions } from '@fastify/session'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import expressSession from 'express-session'
import { Keyv } from 'keyv'
import type pg from 'pg'
import { createClient } from 'redis'
import { createStorage, prefixStorage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs'
import { demand } from './equals.ts'
import type { Equals } from './equals.ts'

/** Compiled and never run: the types of the real packages fit, and the answer says what it cannot promise. */
export function useForeignStores(
  pool: pg.Pool,
  fastifyStore: NonNullable<FastifySessionOptions['store']>,
): void {
  const stores = [
    fromUnstorage(createStorage()),
    fromUnstorage(createStorage<string>({ driver: fsDriver({ base: 'sessions' }) })),
    fromUnstorage(prefixStorage(createStorage(), 'sessions')),
    fromKeyv(new Keyv()),
    fromKeyv(new Keyv<string>({ namespace: 'sessions' })),
    fromExpressStore(new expressSession.MemoryStore()),
    fromExpressStore(new RedisStore({ client: createClient() })),
    fromExpressStore(new (connectPgSimple(expressSession))({ pool })),
    fromExpressStore(fastifyStore),
  ]
  demand<Equals<(typeof stores)[number], BasicStore>>()
  // @ts-expect-error -- a Map has no events to tell a failure by
  fromKeyv(new Map<string, string>())
  // @ts-expect-error -- express-session's own middleware is no store
  fromExpressStore(expressSession)
}
