// Finishes the declarations that the compiler wrote: links each entry to the main entry, and removes the files that no
// entry leads to.

import { appendFileSync, globSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const root = join(import.meta.dirname, '..')
const mainEntry = join(root, 'dist/index.d.ts')
const sessionData = join(root, 'dist/session/types.d.ts')
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { types: string }>
}
const reachable = new Set<string>()

for (const target of Object.values(exports)) {
  if (typeof target === 'string') continue
  const entry = join(root, target.types)
  const reached = findReachable(entry)
  for (const file of reached) reachable.add(file)
  if (reached.has(sessionData) && entry !== mainEntry) linkMainEntry(entry)
}
// No user can import a file that no entry leads to: its declarations would only make the package larger.
for (const file of globSync('dist/**/*.d.ts', { cwd: root })) {
  if (!reachable.has(join(root, file))) rmSync(join(root, file))
}

/**
 * Adds an import of the main entry. TypeScript merges `declare module 'coatcheck'` only if something has imported that
 * module, and an application that imports only an adapter must be able to declare its session data as well.
 */
function linkMainEntry(entry: string): void {
  const path = relative(dirname(entry), mainEntry).replace(/\.d\.ts$/, '.ts')
  appendFileSync(entry, `import type {} from '${path.startsWith('.') ? path : `./${path}`}';\n`)
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
