// What each entry of the package exports, read from its source: entries consist of re-exports only. The examples in
// doc comments are compiled with all of it (examples-prelude.ts).

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = new URL('../..', import.meta.url).pathname
const declaration = /^export (?:async )?(?:abstract class|class|function|interface|type|const|let) (\w+)/gm

/** One name that an entry exports. */
export interface ExportedName {
  readonly name: string
  readonly isType: boolean
  /** The file that declares it: two entries may pass on the same thing. */
  readonly origin: string
}

/** The names that a file passes on from others. `source` is a path from the root of the repository. */
export function readExportedNames(source: string): readonly ExportedName[] {
  const text = readFileSync(root + source, 'utf8')
  const lists = text.matchAll(/^export (type )?(?:\{([^}]*)\}|\*) from '(\.[^']+)'/gm)
  return [...lists].flatMap(([, type, list, file = '']) => {
    const origin = join(dirname(source), file)
    const names = list === undefined ? readDeclaredNames(origin) : list.split(',').map((name) => name.trim())
    return names.filter((name) => name !== '').map((name) => ({ name, isType: type !== undefined, origin }))
  })
}

function readDeclaredNames(file: string): readonly string[] {
  return [...readFileSync(root + file, 'utf8').matchAll(declaration)].map(([, name = '']) => name)
}
