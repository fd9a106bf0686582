// The entries of the package, read from `exports` of package.json: the only list of them, and so of the stores and
// the adapters. The build (build.ts) and the tests of the package go by it.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** One entry of the package; all paths start at the root of the repository. */
export interface Entry {
  /** What an application imports: `coatcheck/stores/redis`. */
  readonly specifier: string
  /** Its path without folder and extension: `stores/redis`. */
  readonly name: string
  readonly source: string
  readonly script: string
  readonly declaration: string
}

const { exports: listed } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Readonly<Record<string, string>>
}

/** All entries with code: everything in `exports` but package.json itself. */
export const entries: readonly Entry[] = Object.entries(listed)
  .filter(([, target]) => target.endsWith('.js'))
  .map(([subpath, target]) => {
    const [, name = ''] = /^\.\/dist\/(.+)\.js$/.exec(target) ?? []
    return {
      specifier: `coatcheck${subpath.slice(1)}`,
      name,
      source: `src/${name}.ts`,
      script: `dist/${name}.js`,
      declaration: `dist/${name}.d.ts`,
    }
  })

/** The names of the stores: `redis` of `stores/redis`. */
export const stores: readonly string[] = entries
  .filter(({ name }) => name.startsWith('stores/'))
  .map(({ name }) => name.slice('stores/'.length))

/** The names of the adapters: the entries at the top of the source that have a room among the adapters. */
export const adapters: readonly string[] = entries
  .map(({ name }) => name)
  .filter((name) => ['.ts', ''].some((end) => existsSync(join(root, `src/adapters/${name}${end}`))))

/** Those whose frameworks pass on the request and response of `node:http`: they are built on the node adapter. */
export const builtOnNode: readonly string[] = adapters.filter((name) => ['express'].includes(name))
