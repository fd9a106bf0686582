import type { Address } from '../engine.ts'

/**
 * Recognizes, among what a client sends to a server, the command that a verb's write consists of: what a
 * driver sends for itself must not count, such as greetings and the preparation of statements.
 */
export function isWrite({ kind }: Address): (request: Buffer) => boolean {
  if (kind.startsWith('redis')) return isScript
  if (kind.startsWith('mysql')) return (request) => mysqlCommands(request).includes(mysqlExecute)
  return (request) => postgresMessages(request).includes('E')
}

/** EVALSHA or EVAL, as RESP has them. */
function isScript(request: Buffer): boolean {
  return /\r\nevalsha\r\n|\r\neval\r\n/i.test(request.toString('latin1'))
}

/** COM_STMT_EXECUTE of the protocol of MySQL. */
const mysqlExecute = 0x17

/** The commands of the packets in a chunk: a length of three bytes, a number, and then the command. */
function mysqlCommands(request: Buffer): readonly number[] {
  const commands: number[] = []
  for (let at = 0; at + 4 < request.length; at += 4 + request.readUIntLE(at, 3))
    commands.push(request[at + 4] ?? 0)
  return commands
}

/** The types of the messages in a chunk, of the protocol of PostgreSQL: a letter, and a length that includes itself. */
function postgresMessages(request: Buffer): readonly string[] {
  const types: string[] = []
  for (let at = 0; at + 5 <= request.length; at += 1 + request.readUInt32BE(at + 1))
    types.push(String.fromCharCode(request[at] ?? 0))
  return types
}
