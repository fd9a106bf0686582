import { fork } from 'node:child_process'
import { once } from 'node:events'

/** A server in a process of its own, on a free loopback port. */
export interface ServerProcess {
  readonly port: number
  /** What a control route answers, parsed from JSON. */
  ask<Answer>(path: string): Promise<Answer>
  /** Ends the process and resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

/** Starts `file`, which must call {@link reportPort} once it listens. */
export async function startServer(file: URL, parameters: readonly string[]): Promise<ServerProcess> {
  const child = fork(file, parameters, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const exited = once(child, 'exit')
  const [port] = await Promise.race([
    once(child, 'message') as Promise<[number]>,
    exited.then(([code]) => {
      throw new Error(`${file.pathname} ended with ${code} before it listened`)
    }),
  ])
  return {
    port,
    async ask<Answer>(path: string): Promise<Answer> {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`)
      if (!answer.ok) throw new Error(`${path} answered ${answer.status}`)
      return (await answer.json()) as Answer
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      await exited
    },
  }
}

/** To be called by the server's process. It ends when its parent does. */
export function reportPort(port: number): void {
  process.send?.(port)
  process.on('disconnect', () => process.exit())
}
