// The entry `coatcheck`: exports only. Applications need `createSessionManager`, a store and perhaps
// an error class; most of the types are for authors of stores and adapters. Where to start reading:
// docs/architecture.md.

export type * from './contract/capabilities.ts'
export { systemClock } from './contract/clock.ts'
export type { Clock } from './contract/clock.ts'
export type { Codec } from './codec/lossless-codec.ts'
export { losslessCodec } from './codec/lossless-codec.ts'
export type { CookieOptions, FormerCookie } from './cookie/cookie-options.ts'
export type { Duration } from './duration.ts'
export {
  SessionConfigError,
  SessionConflictError,
  SessionDecodeError,
  SessionError,
  SessionStateError,
  SessionStoreError,
  SessionTooLargeError,
} from './contract/errors.ts'
export type {
  AnySessionError,
  SessionConflictReason,
  SessionErrorCode,
  StoreOperation,
} from './contract/errors.ts'
export { createSessionManager } from './manager/create-session-manager.ts'
export { getSession } from './manager/request/bindings.ts'
export type { DropReason, EventListener, RejectionReason, SessionEvent } from './manager/events.ts'
export type { ListOptions } from './manager/session-summary.ts'
export type { FetchHandler, HandleOptions, SessionManager } from './manager/session-manager.ts'
export type { RequestLine, SessionOptions } from './manager/session-options.ts'
export type { SessionSummary } from './manager/session-summary.ts'
export { Session } from './session/session.ts'
export type { LoginOptions } from './session/check-arguments.ts'
export { SessionValues } from './session/session-values.ts'
export type { DataOf, Frozen, NameOf, SessionData, ValueOf } from './session/types.ts'
export type * from './contract/store.ts'
export { memoryStore } from './stores/memory/memory-store.ts'
export type { MemoryStoreOptions } from './stores/memory/memory-options.ts'
export type { MemoryStore } from './stores/memory/memory-store.ts'
