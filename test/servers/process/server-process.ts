import { spawn } from 'node:child_process'
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'

/** How to start a server, and how to tell that it answers. */
export interface ServerCommand {
  readonly command: string
  readonly parameters: readonly string[]
  readonly options?: SpawnOptions
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
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await this.#exited
  }

  /** Stops its execution; its connections stay open and nothing is answered. */
  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  /** Lets it go on. */
  thaw(): void {
    this.#child?.kill('SIGCONT')
  }
}
