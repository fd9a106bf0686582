import type { ServerResponse } from 'node:http'
import type { Session } from 'coatcheck'
import type { Barriers } from './barrier.ts'

export type Data = Record<string, string | number>

interface Visit {
  readonly session: Session<Data>
  readonly response: ServerResponse
  readonly parameters: URLSearchParams
  readonly barriers: Barriers
}

/** The handlers of the server under test. `barrier` and `count` make requests wait for each other. */
export const routes: Record<string, (visit: Visit) => Promise<void> | void> = {
  async '/set'(visit) {
    await waitForOthers(visit)
    visit.session.set(read(visit, 'name'), read(visit, 'value'))
    endWithJson(visit, 'set')
  },

  async '/increment'(visit) {
    await waitForOthers(visit)
    visit.session.update(read(visit, 'name'), (value) => Number(value ?? 0) + 1)
    endWithJson(visit, 'incremented')
  },

  '/values'(visit) {
    endWithJson(visit, Object.fromEntries(visit.session.entries()))
  },

  /** Looks at the session before the wait, so that it is the old one that goes on afterwards. */
  async '/look-and-wait'(visit) {
    visit.session.get('color')
    await waitForOthers(visit)
    endWithJson(visit, visit.session.get('color') ?? null)
  },

  async '/wait-and-set'(visit) {
    visit.session.get('color')
    await waitForOthers(visit)
    visit.session.set('color', read(visit, 'value'))
    endWithJson(visit, 'set')
  },

  '/login'(visit) {
    visit.session.login(read(visit, 'user'))
    endWithJson(visit, 'logged in')
  },

  '/logout'(visit) {
    visit.session.logout()
    endWithJson(visit, 'logged out')
  },

  '/user'(visit) {
    endWithJson(visit, visit.session.userId ?? null)
  },

  /** The body stays open until the test has seen the target: the head alone must be enough. */
  async '/redirect'(visit) {
    visit.session.set(read(visit, 'name'), read(visit, 'value'))
    visit.response.writeHead(302, { Location: '/values' })
    visit.response.write('on its way')
    await waitForOthers(visit)
    visit.response.end()
  },
}

async function waitForOthers({ barriers, parameters }: Visit): Promise<void> {
  const name = parameters.get('barrier')
  if (name !== null) await barriers.get(name).pass(Number(parameters.get('count') ?? Infinity))
}

function read({ parameters }: Visit, name: string): string {
  const value = parameters.get(name)
  if (value === null) throw new Error(`the parameter '${name}' is missing`)
  return value
}

function endWithJson({ response }: Visit, value: unknown): void {
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify(value))
}
