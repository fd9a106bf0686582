import { firstTheme, nextTheme, noTheme } from './subjects.ts'

/** One request to be counted. */
export interface Trip {
  readonly name: string
  readonly path: string
  readonly hasCookie: boolean
  /** What the session contains afterwards. */
  readonly leaves: string
}

export const trips: readonly Trip[] = [
  { name: 'GET, one value read', path: '/get', hasCookie: true, leaves: firstTheme },
  { name: 'one value set and saved', path: '/set', hasCookie: true, leaves: nextTheme },
  { name: 'logout', path: '/logout', hasCookie: true, leaves: noTheme },
  { name: 'no cookie, session unused', path: '/unused', hasCookie: false, leaves: firstTheme },
]

/** A browser's session with one page behind it, as most requests find one. */
export async function startSession(origin: string): Promise<string> {
  const answer = await fetch(`${origin}/login`)
  const [cookie] = answer.headers.getSetCookie()
  if (!cookie) throw new Error('/login started no session')
  const pair = cookie.slice(0, cookie.indexOf(';'))
  await assertTheme(origin, pair, firstTheme)
  return pair
}

/** Sends the request, and resolves when its answer has ended and the server has had two turns for the rest. */
export async function send(origin: string, trip: Trip, cookie: string): Promise<void> {
  const answer = await fetch(origin + trip.path, trip.hasCookie ? { headers: { cookie } } : {})
  await answer.text()
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => void setImmediate(resolve))
  if (!answer.ok) throw new Error(`${trip.path} answered ${answer.status}`)
  if (!trip.hasCookie && answer.headers.has('set-cookie')) throw new Error(`${trip.path} started a session`)
}

/** A request that did not do what it should would count something else. */
export async function assertTheme(origin: string, cookie: string, expected: string): Promise<void> {
  const answer = await fetch(`${origin}/get`, { headers: { cookie } })
  const theme = await answer.text()
  if (theme !== expected) throw new Error(`the session contains ${theme} instead of ${expected}`)
}
