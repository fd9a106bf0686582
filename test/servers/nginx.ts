import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engine } from './engine.ts'
import { demandProgram } from './process/demand-programs.ts'
import type { Program } from './process/demand-programs.ts'
import { findFreePort } from './process/free-port.ts'
import { ServerProcess } from './process/server-process.ts'
import { startInFolder } from './process/start-in-folder.ts'

const program: Program = { name: 'nginx', package: 'nginx-light', folders: ['/usr/sbin'] }

/** What must be installed, as `missing` takes it. */
export const nginx: Pick<Engine, 'name' | 'programs'> = { name: 'nginx', programs: [program] }

/** A cache that many visitors share, in front of an application. */
export interface RunningCache {
  readonly url: string
  /** Ends it and removes its files. */
  stop(): Promise<void>
}

/** Starts nginx before the application of a port. `directives` go where the proxy is configured. */
export function startNginx(applicationPort: number, directives: readonly string[]): Promise<RunningCache> {
  return startInFolder('coatcheck-nginx-', async (folder, started) => {
    const port = await findFreePort()
    await mkdir(join(folder, 'temporary'))
    await writeFile(join(folder, 'nginx.conf'), configure(folder, port, applicationPort, directives))
    const server = new ServerProcess({
      command: demandProgram(program),
      parameters: ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')],
      isReady: async () => (await fetch(`http://127.0.0.1:${port}/ready`)).status === 204,
    })
    started.push(server)
    await server.start()
    return {
      url: `http://127.0.0.1:${port}`,
      async stop() {
        await server.stop()
        await rm(folder, { recursive: true, force: true })
      },
    }
  })
}

/** One process, which writes only to its folder. */
function configure(
  folder: string,
  port: number,
  applicationPort: number,
  directives: readonly string[],
): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/temporary/${kind};`,
  )
  return `
    daemon off;
    master_process off;
    pid ${folder}/nginx.pid;
    error_log stderr warn;
    events {}
    http {
      access_log off;
      ${temporary.join('\n      ')}
      proxy_cache_path ${folder}/cache keys_zone=pages:4m;
      server {
        listen 127.0.0.1:${port};
        location = /ready { return 204; }
        location / {
          proxy_pass http://127.0.0.1:${applicationPort};
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_cache pages;
          add_header X-Cache $upstream_cache_status always;
          ${directives.join('\n          ')}
        }
      }
    }
  `
}
