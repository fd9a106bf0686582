import { spawn } from 'node:child_process'
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

/** How to start a server, and how to tell that it answers. */
export interface ServerCommand {
  readonly command: string
  readonly parameters: readonly string[]
  readonly options?: SpawnOptions
  /**
   * Ends it without waiting for its clients to leave.
   * @default 'SIGTERM'
   */
  readonly stopSignal?: NodeJS.Signals
  /** Rejects, or answers false, as long as the server does not answer. */
  isReady(): Promise<boolean>
}

/** How long a server may take to answer at first, in milliseconds. */
const startLimit = 30_000

/** A real server in a process of its own. It is ended by its process id, never by name. */
export class ServerProcess {
  readonly #command: ServerCommand
  #child: ChildProcess | undefined
  #exited: Promise<unknown> = Promise.resolve()

  constructor(command: ServerCommand) {
    this.#command = command
  }

  /** Starts it, again if it had ended, and resolves when it answers. */
  async start(): Promise<void> {
    const { command, parameters, options, isReady } = this.#command
    const output: Buffer[] = []
    const child = spawn(command, parameters, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => void output.push(chunk))
    this.#child = child
    this.#exited = once(child, 'close').catch(() => {})
    const deadline = Date.now() + startLimit
    while (!(await isReady().catch(() => false))) {
      if (child.exitCode !== null || child.pid === undefined || Date.now() > deadline) {
        await this.stop('SIGKILL')
        throw new Error(`${command} did not start:\n${Buffer.concat(output).toString().slice(-4000)}`)
      }
      await wait(20)
    }
  }

  /** Ends the process, even a frozen one with `SIGKILL`, and resolves when it is gone. */
  async stop(signal: NodeJS.Signals = this.#command.stopSignal ?? 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (!isRunning(child)) return
    if (signal === 'SIGKILL') this.#signalAll(signal)
    else child.kill(signal)
    await this.#exited
  }

  /** Stops its execution: its connections stay open, and nothing is answered any more. */
  async freeze(): Promise<void> {
    const child = this.#child
    if (!isRunning(child)) return
    // The parent first, because then it starts no more.
    await stopExecution(child.pid)
    await Promise.all(findChildren(child.pid).map(stopExecution))
  }

  /** Lets it go on. */
  thaw(): void {
    this.#signalAll('SIGCONT')
  }

  /** PostgreSQL has a process for each connection, which works on while its parent is dead or frozen. */
  #signalAll(signal: NodeJS.Signals): void {
    const child = this.#child
    if (!isRunning(child)) return
    const children = findChildren(child.pid) // before they are orphaned
    child.kill(signal)
    for (const id of children) sendSignal(id, signal)
  }
}

/** Whether it could be started and has not ended. */
function isRunning(child: ChildProcess | undefined): child is ChildProcess & { readonly pid: number } {
  return child?.pid !== undefined && child.exitCode === null && child.signalCode === null
}

/** Resolves when a process has stopped. Its threads do so one by one, and until the last one a query may be answered. */
async function stopExecution(id: number): Promise<void> {
  sendSignal(id, 'SIGSTOP')
  while (!hasStopped(id)) await wait(1)
}

/** Whether none of its threads is running any more; see proc(5). A process that has ended counts as well. */
function hasStopped(id: number): boolean {
  return globSync(`/proc/${id}/task/*/status`).every((path) => {
    const status = readOrNothing(path)
    return status === '' || /^State:\s*[TXZ]/m.test(status)
  })
}

function sendSignal(id: number, signal: NodeJS.Signals): void {
  try {
    process.kill(id, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // it ended by itself
  }
}

/** The ids of the processes that a process has started: Linux keeps a list for each of its threads. */
function findChildren(id: number): number[] {
  return globSync(`/proc/${id}/task/*/children`).flatMap((path) =>
    readOrNothing(path).split(' ').filter(Boolean).map(Number),
  )
}

/** What /proc tells, or nothing about a thread that has ended meanwhile. */
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
