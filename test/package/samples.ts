import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

const root = new URL('../..', import.meta.url).pathname

/** A TypeScript block of the README or the docs, a module of its own. */
export interface Sample {
  readonly name: string
  readonly code: string
}

/** All of them. */
export const samples: readonly Sample[] = ['README.md', ...globSync('docs/**/*.md', { cwd: root })].flatMap(
  (file) => {
    const text = readFileSync(root + file, 'utf8')
    return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = ''], index) => ({
      name: `${file.replaceAll(/\W+/g, '-').toLowerCase()}-${index + 1}`,
      code,
    }))
  },
)

/** Whether a sample connects to a database server, so that it runs only where there is one. */
export function needsServer({ code }: Sample): boolean {
  return / from '(?:redis|ioredis|pg|postgres|mysql2\/promise|mariadb)'/.test(code)
}

/** Servers of samples listen where there is room, and hold no process open. */
const preload = `
import { Server } from 'node:net'
const listen = Server.prototype.listen
Server.prototype.listen = function (port, ...rest) {
  const callback = rest.find((each) => typeof each === 'function')
  return listen.call(this, 0, '127.0.0.1', callback).unref()
}
`

/** A project that has installed the tarball, with some of the samples. */
export class SampleProject {
  readonly #folder: string

  /** @param name - The name of its folder in the repository. */
  constructor(name: string, chosen: readonly Sample[]) {
    this.#folder = `${root}${name}/`
    this.remove()
    install(`${this.#folder}node_modules/coatcheck`, this.#folder)
    writeFileSync(`${this.#folder}package.json`, '{ "name": "samples", "type": "module" }')
    writeFileSync(`${this.#folder}preload.mjs`, preload)
    for (const sample of chosen)
      writeFileSync(`${this.#folder}${sample.name}.ts`, `${sample.code}\nexport {}\n`)
  }

  /** Demands that some of the samples compile together. */
  compile(group: readonly Sample[]): void {
    const config = { extends: '../tsconfig.json', include: group.map((sample) => `${sample.name}.ts`) }
    writeFileSync(`${this.#folder}tsconfig.json`, JSON.stringify(config))
    const tsc = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', this.#folder], {
      encoding: 'utf8',
    })
    assert.equal(tsc.status, 0, tsc.stdout)
  }

  /** Demands that a sample runs without an error, and ends by itself unless it holds connections. */
  run(sample: Sample): void {
    const file = `${this.#folder}${sample.name}.ts`
    const code = needsServer(sample) ? `await import(${JSON.stringify(file)}); process.exit()` : ''
    const main = code === '' ? [file] : ['--input-type=module', '--eval', code]
    const run = spawnSync(process.execPath, ['--import', `${this.#folder}preload.mjs`, ...main], {
      cwd: this.#folder,
      encoding: 'utf8',
      timeout: 20_000,
    })
    assert.equal(run.status, 0, run.stderr)
  }

  /** Deletes its folder. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** What npm would put there: nothing of the repository but what is packed. */
function install(target: string, folder: string): void {
  mkdirSync(target, { recursive: true })
  const options = ['--ignore-scripts', '--silent', '--pack-destination', folder]
  const tarball = execFileSync('npm', ['pack', ...options], { cwd: root, encoding: 'utf8' }).trim()
  execFileSync('tar', ['-xzf', folder + tarball, '-C', target, '--strip-components=1'])
}
