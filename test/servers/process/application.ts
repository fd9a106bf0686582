import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { listenOnFreePort } from '../../support/listen-on-free-port.ts'

/** An application under test in a process of its own, whose end and whose complaints are noticed. */
export class Application {
  readonly port: number
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #output: Buffer[]

  private constructor(port: number, child: ChildProcess, exited: Promise<unknown>, output: Buffer[]) {
    this.port = port
    this.#child = child
    this.#exited = exited
    this.#output = output
  }

  /** Starts a program, which must call {@link serveTests} once it is ready. */
  static async start(file: URL, parameter: unknown): Promise<Application> {
    const child = fork(file, [JSON.stringify(parameter)], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    const output: Buffer[] = []
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => void output.push(chunk))
    const exited = once(child, 'close')
    const [port] = (await Promise.race([
      once(child, 'message'),
      exited.then(([code]) => {
        throw new Error(`${file.pathname} ended with ${code}:\n${Buffer.concat(output).toString()}`)
      }),
    ])) as [number]
    return new Application(port, child, exited, output)
  }

  /** Whether the process has not ended, neither by itself nor by {@link stop}. */
  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** What it has printed, warnings included. */
  get output(): string {
    return Buffer.concat(this.#output).toString()
  }

  /** Ends the process and resolves when it is gone. */
  async stop(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }
}

/** To be called by the program: listens, and ends when the test does. */
export async function serveTests(server: Server): Promise<void> {
  const port = await listenOnFreePort(server)
  process.on('disconnect', () => process.exit())
  process.send?.(port)
}

/** The parameter that {@link Application.start} was given. */
export function readParameter(): unknown {
  return JSON.parse(process.argv[2] ?? 'null')
}
