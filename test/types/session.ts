import { createSessionManager } from 'coatcheck'
import type { Frozen, Session, SessionSummary, SessionValues } from 'coatcheck'
import { demand } from './equals.ts'
import type { Equals } from './equals.ts'

interface Data {
  cart: { sku: string; tags: string[] }[]
  theme?: 'light' | 'dark'
  seen: Map<string, Date[]>
}

/** Compiled and never run: what the types of a session allow, and what they refuse. */
export async function useSession(session: Session<Data>): Promise<void> {
  const cart = session.get('cart')
  demand<
    Equals<typeof cart, readonly { readonly sku: string; readonly tags: readonly string[] }[] | undefined>
  >()
  demand<Equals<ReturnType<typeof session.get<'theme'>>, 'light' | 'dark' | undefined>>()
  demand<Equals<Frozen<Data['seen']>, ReadonlyMap<string, Date[]>>>()
  demand<Equals<ReturnType<typeof session.keys>, ('cart' | 'theme' | 'seen')[]>>()
  demand<Equals<typeof session.userId, string | undefined>>()

  session.set('theme', 'dark')
  session.update('cart', (value = []) => [...value, { sku: 'coat', tags: [] }])
  session.update('cart', (value) => void value?.push({ sku: 'coat', tags: [] }))
  session.login('u_1', { carryOver: ['cart'], details: 'Firefox' })
  const taken: Frozen<Data['cart']> | undefined = await session.consume('cart')
  const sum = await session.transaction((values) => {
    demand<Equals<typeof values, SessionValues<Data>>>()
    return values.get('cart')?.length ?? 0
  })
  demand<Equals<typeof sum, number>>()
  demand<Equals<ReturnType<typeof session.touch>, void>>()
  demand<Equals<Awaited<ReturnType<typeof session.save>>, boolean>>()

  // @ts-expect-error -- a name that is not declared
  session.get('card')
  // @ts-expect-error -- a value of another type
  session.set('theme', 'blue')
  // @ts-expect-error -- undefined is deleted, not set
  session.set('theme', undefined)
  // @ts-expect-error -- an update that comes to another type
  session.update('theme', () => 3)
  // @ts-expect-error -- an update cannot wait
  session.update('theme', async () => 'dark')
  // @ts-expect-error -- what is read is frozen
  taken?.push({ sku: 'coat', tags: [] })
  // @ts-expect-error -- frozen all the way down
  cart?.[0]?.tags.push('new')
  // @ts-expect-error -- a name to carry over that is not declared
  session.login('u_1', { carryOver: ['card'] })
  // @ts-expect-error -- an option that does not exist
  session.login('u_1', { keep: ['cart'] })
  // @ts-expect-error -- values are set by `set`, not as properties
  session.theme = 'dark'
  // @ts-expect-error -- only what is handed to the function is there to be changed
  await session.transaction((values) => values.logout())
  // @ts-expect-error -- the token is read-only
  session.id = 'x'
}

/** Without declared data any name holds `unknown`. */
export function useLooseSession(session: Session): unknown {
  session.set('anything', { at: new Date() })
  // @ts-expect-error -- unknown is to be narrowed first
  session.get('anything')?.at
  return session.get('anything')
}

const sessions = createSessionManager<Data>()

export async function useManager(request: Request, other: Session<{ other: string }>): Promise<void> {
  demand<Equals<ReturnType<typeof sessions.get>, Session<Data>>>()
  demand<Equals<Awaited<ReturnType<typeof sessions.list>>, SessionSummary[]>>()
  const page = await sessions.list('u_1', { limit: 20 })
  await sessions.list('u_1', { after: page.at(-1) })
  // @ts-expect-error -- a page goes on behind a session, not at a number
  await sessions.list('u_1', { after: 20 })
  // @ts-expect-error -- nothing of a list opens a session
  page[0]?.verifierHash
  await sessions.handle(request, (_, session) => Response.json(session.get('theme')))
  // @ts-expect-error -- a handler answers
  await sessions.handle(request, () => undefined)
  // @ts-expect-error -- a session of another manager
  await sessions.revokeOthers(other)
  // @ts-expect-error -- whose sessions
  await sessions.list()
}
