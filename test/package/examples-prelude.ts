/**
 * What the examples in doc comments take for granted, as they stand in an application: read as text, and put
 * before each of them. Only what is declared here and what the package exports is there for them.
 */
export const prelude = `
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import {
  createSessionManager, getSession, memoryStore, SessionConflictError, SessionDecodeError, SessionError,
  SessionStoreError, SessionTooLargeError, systemClock,
} from 'coatcheck'
import type {
  AnySessionError, Awaitable, BoundedStaleness, Capability, Clock, Closable, Codec, CookieOptions, DataOf, Duration, Enumerable,
  EventListener, EvictionNotice, ExpectedVersion, ExpirySweep, FetchHandler, Frozen, InvalidationNotice, LoginOptions, MemoryStore,
  DropReason, EndedSessions, FormerCookie, ListedRecord, ListOptions, SessionLimit, ListPosition, MemoryStoreOptions, NameOf, Pingable, RecordChange, RecordPage, RejectionReason, RequestLine, Session, SessionConflictReason,
  HandleOptions, SessionErrorCode, SessionEvent, SessionManager, SessionOptions, SessionRecord, SessionStore, SessionSummary, SessionValues, StoreOperation, UncachedRead, UserIndex,
  ValueOf,
} from 'coatcheck'
import { applyHeaders, open } from 'coatcheck/adapter'
import type { Exchange, ExchangeRequest, HeaderFields } from 'coatcheck/adapter'
import { currentSession } from 'coatcheck/context'
import { session as useExpressSession } from 'coatcheck/express'
import type { SaveErrorHandler, ConnectMiddleware, NodeAdapterOptions, NodeHandler } from 'coatcheck/node'
import { mysqlStore } from 'coatcheck/stores/mysql'
import type {
  MysqlClient, MysqlConnection, MysqlExecutor, MysqlPool, MysqlStatement, MysqlStore, MysqlStoreOptions, MysqlValue,
} from 'coatcheck/stores/mysql'
import { basicStore, fromExpressStore, fromKeyv, fromUnstorage } from 'coatcheck/stores/basic'
import type {
  BasicFunctions, BasicStore, ExpressStore, ExpressStoreCookie, ExpressStoreSession, ItemStorage, KeyvInstance,
} from 'coatcheck/stores/basic'
import { postgresStore } from 'coatcheck/stores/postgres'
import type {
  PostgresClient, PostgresJsClient, PostgresJsQuery, PostgresQueryClient, PostgresStore, PostgresStoreOptions,
} from 'coatcheck/stores/postgres'
import { redisStore } from 'coatcheck/stores/redis'
import type {
  IoredisClient, NodeRedisClient, RedisClient, RedisScriptParameters, RedisStore, RedisStoreOptions,
} from 'coatcheck/stores/redis'
import { cachedStore } from 'coatcheck/stores/cached'
import type { CachedStore, CachedStoreOptions } from 'coatcheck/stores/cached'
import { sqliteStore } from 'coatcheck/stores/sqlite'
import type {
  SqliteDatabase, SqliteStatement, SqliteStore, SqliteStoreOptions, SqliteValue,
} from 'coatcheck/stores/sqlite'
import * as testing from 'coatcheck/testing'
import type {
  AdapterFeature, AdapterScenario, CheckedPromise, CheckOptions, FailedCase, FakeClock, InitialData, OpenedStore,
  PromiseReport, Reply, Route, Routes, RunningServer, StoreCase, StoreCaseContext, StoreCaseOptions, TestedAdapter,
} from 'coatcheck/testing'
import express from 'express'
import expressSession from 'express-session'
import { Keyv } from 'keyv'
import polka from 'polka'
import { createStorage, prefixStorage } from 'unstorage'

interface Data {
  visits: number; seats: number; code: number; theme: string; cart: string[]; resetCode: string; returnTo: string
}
type Given = Session<Data> & typeof useExpressSession
const {
  adapterScenarios, casesFor, checkPromises, expectationOf, fakeClock, formatReports, RehearsalError, rehearse,
  sampleChange, sampleOwner, sampleRecord, scenariosFor, signIn, storeCaseContext, storeCases,
} = testing
declare const app: ReturnType<typeof express>
declare const session: Given
declare const sessions: SessionManager<Data>
declare const store: SessionStore & Enumerable & UserIndex
declare const functions: BasicFunctions
declare const database: SqliteDatabase
declare const pool: PostgresQueryClient & MysqlPool
declare const postgresJs: PostgresJsClient
declare const client: RedisClient
declare const record: SessionRecord & { readonly owner: string }
declare const owner: string
declare const page: readonly ListedRecord[]
declare const ended: EndedSessions
declare const now: number
declare const origin: string
declare const error: unknown
declare const given: string
declare const request: express.Request & Request
declare const response: express.Response
declare const server: ReturnType<typeof createServer>
declare const log: Record<'info' | 'warn' | 'error', (...entries: readonly unknown[]) => void>
declare const counters: { increment(name: string): void }
declare const refuse: (response: express.Response) => void
declare const retryLater: () => void
declare const showBothVersions: () => void
declare const adapter: TestedAdapter
declare const storeCase: StoreCase
declare const myStore: () => SessionStore
declare const bucket: {
  getText(key: string): Promise<string | undefined>
  put(key: string, value: string, options: { expires: Date }): Promise<void>
  remove(key: string): Promise<void>
}
declare const Deno: { serve(handler: (request: Request) => Promise<Response>): void }
`
