import { Session } from 'node:inspector/promises'

/** What ran: files of which at least one function did, those functions, and how often they were called. */
export interface Tally {
  readonly files: number
  readonly functions: number
  readonly calls: number
}

/** Calls of one function of a module. */
interface Called {
  readonly url: string
  readonly calls: number
}

/**
 * V8's precise counts of calls, by function. Start it before what is measured is imported: V8 promises no
 * complete counts of what ran earlier. Each take sets the counters back to zero.
 */
export class Coverage {
  readonly #session: Session

  private constructor(session: Session) {
    this.#session = session
  }

  static async start(): Promise<Coverage> {
    const session = new Session()
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
    return new Coverage(session)
  }

  /** The functions that were called since the last take, without the top level of modules. */
  async take(): Promise<readonly Called[]> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage')
    return result.flatMap(({ url, functions }) =>
      functions
        .map(({ functionName, ranges: [range] }) => ({
          url,
          calls: range?.count ?? 0,
          isTopLevel: functionName === '' && range?.startOffset === 0,
        }))
        .filter(({ calls, isTopLevel }) => calls > 0 && !isTopLevel),
    )
  }
}

export function tally(called: readonly Called[]): Tally {
  return {
    files: new Set(called.map(({ url }) => url)).size,
    functions: called.length,
    calls: called.reduce((sum, { calls }) => sum + calls, 0),
  }
}
