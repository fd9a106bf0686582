// Finishes the declarations that the compiler wrote: links each entry to the main entry, and removes the files that no
// entry leads to. Called by build.ts.

import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { entries } from './entries.ts'

const root = join(import.meta.dirname, '..')
const mainEntry = join(root, 'dist/index.d.ts')
const sessionData = join(root, 'dist/session/types.d.ts')

/** Links and prunes the declarations in `dist`. */
export function finishDeclarations(): void {
  const reachable = new Set<string>()
  for (const { declaration } of entries) {
    const entry = join(root, declaration)
    const reached = findReachable(entry)
    for (const file of reached) reachable.add(file)
    if (reached.has(sessionData) && entry !== mainEntry) linkMainEntry(entry)
  }
  // No user can import a file that no entry leads to: its declarations would only make the package larger.
  for (const file of globSync('dist/**/*.d.ts', { cwd: root })) {
    if (reachable.has(join(root, file))) continue
    rmSync(join(root, file))
    rmSync(join(root, `${file}.map`))
  }
}

/**
 * Adds an import of the main entry. TypeScript merges `declare module 'coatcheck'` only if something has imported that
 * module, and an application that imports only an adapter must be able to declare its session data as well. It stands
 * above the comment with the map, which TypeScript looks for at the end.
 */
function linkMainEntry(entry: string): void {
  const path = relative(dirname(entry), mainEntry).replace(/\.d\.ts$/, '.ts')
  const line = `import type {} from '${path.startsWith('.') ? path : `./${path}`}';\n`
  writeFileSync(entry, readFileSync(entry, 'utf8').replace(/^(?=\/\/# sourceMappingURL=)/m, line))
}

/** The declaration files that a file imports, directly or not, and itself. */
function findReachable(file: string, reached: Set<string> = new Set()): Set<string> {
  if (reached.has(file)) return reached
  reached.add(file)
  const imports = readFileSync(file, 'utf8').matchAll(/\b(?:from |import\()['"](\.[^'"]+)/g)
  for (const [, imported = ''] of imports) {
    findReachable(join(dirname(file), imported.replace(/\.(?:ts|js)$/, '.d.ts')), reached)
  }
  return reached
}
