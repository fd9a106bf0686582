import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { entries } from '../../scripts/entries.ts'
import { watchDatabase } from './watch-database.ts'
import { watchManager } from './watch-manager.ts'
import { watchErrorClass, watchFreezing, watchIssuer, watchSettings, watchTokens } from './watched-parts.ts'

const root = new URL('../../', import.meta.url).href
const sourceRoot = new URL('src/', root).href
const symbol = 'coatcheck.secrets'

/** What is put behind the last line of a module of the sources. */
const additions: Readonly<Record<string, string>> = {
  'id/token': 'generateToken = watch.watchIssuer(generateToken); renewToken = watch.watchIssuer(renewToken)',
  'id/hash': 'watch.watchTokens(TokenHashCache)',
  'contract/errors': 'watch.watchErrorClass(SessionError)',
  'session/freeze-class': 'freezeClass = watch.watchFreezing(freezeClass)',
  'manager/resolve-options': 'resolveOptions = watch.watchSettings(resolveOptions)',
  'manager/create-session-manager':
    'createSessionManager = watch.watchManager(createSessionManager, stateOf)',
  'stores/sqlite/sqlite-store': 'sqliteStore = watch.watchDatabase(sqliteStore)',
}

/** The sources of the built entries, by script: `dist/stores/redis.js`. */
const sources = new Map(entries.map(({ script, source }) => [script, new URL(source, root).href]))

/** The source of a built entry, of this repository or installed from it as in an application. */
function findSource(url: string): string | undefined {
  if (!url.startsWith(root)) return undefined
  const [, script = ''] =
    /(?:^|\/node_modules\/coatcheck\/)(dist\/.+\.js)$/.exec(url.slice(root.length)) ?? []
  return sources.get(script)
}

/**
 * Has the library's own modules call the watch, without a word about it in the sources. Where the built library is
 * imported, in which modules are no longer apart, the sources are loaded instead. A module that is gone fails here;
 * a name that is gone fails when its module is loaded.
 */
export function watchLibrary(): void {
  for (const name of Object.keys(additions)) {
    const file = new URL(`src/${name}.ts`, root)
    if (!existsSync(file)) throw new Error(`the watch for secrets finds no ${fileURLToPath(file)}`)
  }
  const watch = {
    watchDatabase,
    watchErrorClass,
    watchFreezing,
    watchIssuer,
    watchManager,
    watchSettings,
    watchTokens,
  }
  Object.defineProperty(globalThis, Symbol.for(symbol), { value: watch })
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context)
      const source = findSource(resolved.url)
      return source === undefined ? resolved : { ...resolved, url: source, format: 'module-typescript' }
    },
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      const addition = url.startsWith(sourceRoot)
        ? additions[url.slice(sourceRoot.length, -'.ts'.length)]
        : undefined
      if (addition === undefined) return loaded
      const source =
        typeof loaded.source === 'string'
          ? loaded.source
          : Buffer.from(loaded.source as Uint8Array).toString()
      return {
        ...loaded,
        source: `${source}\n{ const watch = globalThis[Symbol.for('${symbol}')]; ${addition} }\n`,
      }
    },
  })
}
