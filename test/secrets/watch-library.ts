import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { watchDatabase } from './watch-database.ts'
import { watchManager } from './watch-manager.ts'
import { watchErrorClass, watchFreezing, watchIssuer, watchSettings, watchTokens } from './watched-parts.ts'

const root = new URL('../../', import.meta.url).href
const symbol = 'coatcheck.secrets'

/** What is put behind the last line of a module, in the sources and in the build alike. */
const additions: Readonly<Record<string, string>> = {
  'id/token': 'generateToken = watch.watchIssuer(generateToken); renewToken = watch.watchIssuer(renewToken)',
  'id/token-hash-cache': 'watch.watchTokens(TokenHashCache)',
  'contract/errors': 'watch.watchErrorClass(SessionError)',
  'session/freeze-class': 'freezeClass = watch.watchFreezing(freezeClass)',
  'manager/resolve-options': 'resolveOptions = watch.watchSettings(resolveOptions)',
  'manager/create-session-manager':
    'createSessionManager = watch.watchManager(createSessionManager, stateOf)',
  'stores/sqlite/sqlite-store': 'sqliteStore = watch.watchDatabase(sqliteStore)',
}

/**
 * Has the library's own modules call the watch, without a word about it in the sources. A module that
 * is gone fails here; a name that is gone fails when its module is loaded.
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
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      const [, name = ''] = /\/(?:src|dist)\/(.+)\.[jt]s$/.exec(url) ?? []
      const isOurs = url.startsWith(root) && !/\/node_modules\/(?!coatcheck\/)/.test(url)
      const addition = isOurs ? additions[name] : undefined
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
