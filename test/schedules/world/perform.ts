import type { SessionManager } from '../../../src/manager/session-manager.ts'
import type { Session } from '../../../src/session/session.ts'
import type { View } from '../history.ts'
import type { Operation } from '../program.ts'

export type LooseSession = Session<Record<string, unknown>>

export type LooseManager = SessionManager<Record<string, unknown>>

/** The application's own error, thrown by a handler that fails for its own reasons. */
export class HandlerError extends Error {}

export function viewOf(session: LooseSession): View {
  const { isNew, handle, userId } = session
  return { isNew, handle, userId, values: Object.fromEntries(session.entries()) }
}

function increment(value: unknown): number {
  return Number(value ?? 0) + 1
}

/** Runs an operation. `name` is unique to it, so that its effect can be identified. */
export function perform(
  manager: LooseManager,
  session: LooseSession,
  operation: Operation,
  name: string,
): unknown {
  switch (operation) {
    case 'set':
      return session.set(name, session.userId ?? '')
    case 'set shared':
      return session.set('shared', name)
    case 'delete shared':
      return session.delete('shared')
    case 'increment':
      return session.update('count', increment)
    case 'supply':
      return (session.set('left', 2), session.set('note', name))
    case 'transfer':
      return session.transaction((values) => {
        const left = Number(values.get('left') ?? 0)
        if (left <= 0) return false
        values.set('left', left - 1)
        values.update('right', increment)
        return true
      })
    case 'flash':
      return session.flash('news', name)
    case 'take flash':
      return session.takeFlash('news')
    case 'take note':
      return session.take('note')
    case 'grant':
      return session.set('grant', name)
    case 'consume':
      return session.consume('grant')
    case 'clear':
      return session.clear()
    case 'read':
      return viewOf(session)
    case 'save':
      return session.save()
    case 'save unawaited':
      return session.save()
    case 'login u1':
      return session.login('u1')
    case 'login u2':
      return session.login('u2')
    case 'regenerate':
      return session.regenerateId()
    case 'revoke others':
      return manager.revokeOthers(session)
    case 'logout':
      return session.logout()
    case 'destroy':
      return session.destroy()
    case 'fail':
      throw new HandlerError('the handler failed')
    case 'head':
      return undefined
  }
}

const awaited: ReadonlySet<Operation> = new Set<Operation>(['save', 'consume', 'transfer', 'revoke others'])

export function isAwaited(operation: Operation): boolean {
  return awaited.has(operation)
}
