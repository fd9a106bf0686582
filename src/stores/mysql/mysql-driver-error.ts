// What an error of a driver means, and what the store lets through of it. Drivers attach the statement, mariadb
// writes values into the message, and the server quotes values too: "Duplicate entry '…'". Session data must not get
// into a log that way, so the store rejects with a copy that has only what is known to be harmless.

/** What both drivers put on their errors, most of it only on some. */
interface DriverError {
  readonly message?: string
  /** The server's message, without what mariadb adds to it. */
  readonly sqlMessage?: string | null
  readonly code?: string
  readonly errno?: number
  readonly sqlState?: string | null
  readonly cause?: unknown
}

/**
 * Server errors that quote names of users, databases, tables and columns, never values: access denied, no such
 * database, column or table, read-only server.
 */
const quotesOnlyNames: ReadonlySet<number | undefined> = new Set([
  1044, 1045, 1049, 1054, 1142, 1143, 1146, 1290, 1836,
])

/** An application writes the text that a trigger raises with SIGNAL or RESIGNAL, so it may hold session data. */
const raised: ReadonlySet<number | undefined> = new Set([1644, 1645])

/** From the first quotation mark to the last: a value may contain some itself. */
const quotation = /'.*'|".*"|`.*`/s

/**
 * The server has undone the statement, alone or with its transaction: the row has changed since it was read
 * (1020), lock wait timeout (1205), deadlock, or the write set of another node of Galera came first (1213), to be
 * prepared again (1615), the group has refused the transaction (3101).
 */
const undone: ReadonlySet<number | undefined> = new Set([1020, 1205, 1213, 1615, 3101])

/** ER_UNKNOWN_COM_ERROR: how a node of Galera says that it is not a part of the cluster, and does nothing. */
const unknownCommand = 1047

/** A step has read what another server changed before it could write. Nothing was committed. */
export class OvertakenError extends Error {}

/** The number of a server error. */
export function errorNumberOf(error: unknown): number | undefined {
  return (error as DriverError | null | undefined)?.errno
}

/** The server's message, to recognize an error by; it may quote values. */
function messageOf(error: unknown): string {
  const { sqlMessage, message } = Object(error) as DriverError
  return sqlMessage ?? message ?? ''
}

/** Whether the server has certainly not carried out what it was sent. */
export function isUndone(error: unknown): boolean {
  const number = errorNumberOf(error)
  if (number === unknownCommand) return messageOf(error).includes('WSREP')
  return undone.has(number) || error instanceof OvertakenError
}

/** How many errors deep a reason is followed: mariadb tells why no connection could be had. */
const mostCauses = 3

/**
 * A copy of a driver's error with its message, `code`, `errno`, `sqlState` and causes, without any value
 * that was bound.
 */
export function toHarmlessError(error: unknown, depth: number = 0): Error {
  const { message, sqlMessage, code, errno, sqlState, cause } = Object(error) as DriverError
  const own = raised.has(errno) ? 'a trigger of the table raised an error' : (sqlMessage ?? message)
  const text = own || (code ?? 'the driver gave no reason')
  const isFromServer = sqlState !== undefined && sqlState !== null
  const safe = isFromServer && !quotesOnlyNames.has(errno) ? text.replace(quotation, "'…'") : text
  const isEnd = cause === undefined || depth === mostCauses
  const options = isEnd ? undefined : { cause: toHarmlessError(cause, depth + 1) }
  return Object.assign(new Error(safe, options), { code, errno, sqlState })
}
