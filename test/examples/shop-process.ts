import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { root } from './build-library.ts'

/** The example shop, running as `npm start` runs it. */
export interface ShopProcess {
  readonly address: string
  /** The lines that it has printed so far. */
  readonly output: readonly string[]
  /** Resolves to the exit code, or `null` if the signal ended the process. */
  stop(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number | null>
}

/** @param port - Where the shop listens: any free port by default. */
export async function startShop(database: string, port: number | string = 0): Promise<ShopProcess> {
  const environment = { ...process.env, PORT: String(port), SHOP_DATABASE: database }
  const child = spawn(process.execPath, ['examples/shop/server.ts'], { cwd: root, env: environment })
  const exited = once(child, 'close') as Promise<[number | null]>
  const output: string[] = []
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      output.push(line)
      const address = /http:\/\/\S+/.exec(line)
      if (address) resolve(address[0])
    })
  }
  void exited.then(([code]) => reject(new Error(`the shop exited with ${code}: ${output.join('\n')}`)))
  return {
    address: await promise,
    output,
    async stop(signal) {
      child.kill(signal)
      const [code] = await exited
      return code
    },
  }
}
