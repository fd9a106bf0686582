// `session()` with options is for applications with one manager; with a manager it is for those
// that use it elsewhere as well. What has a `load` is a manager, also one wrapped by `rehearse`.

import { createSessionManager } from '../manager/create-session-manager.ts'
import type { SessionManager } from '../manager/session-manager.ts'
import type { SessionOptions } from '../manager/session-options.ts'

/** Every adapter takes a manager, to share it, or the options for one of its own. */
export function toManager<Data>(
  managerOrOptions: SessionManager<Data> | SessionOptions,
): SessionManager<Data> {
  return isManager(managerOrOptions) ? managerOrOptions : createSessionManager<Data>(managerOrOptions)
}

function isManager<Data>(value: SessionManager<Data> | SessionOptions): value is SessionManager<Data> {
  return typeof value === 'object' && value !== null && 'load' in value && typeof value.load === 'function'
}
