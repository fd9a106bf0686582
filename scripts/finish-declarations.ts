import { appendFileSync, globSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const root = join(import.meta.dirname, '..')
const frontDoor = join(root, 'dist/index.d.ts')
const sessionData = join(root, 'dist/session/types.d.ts')
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { types: string }>
}
const needed = new Set<string>()

for (const target of Object.values(exports)) {
  if (typeof target === 'string') continue
  const entry = join(root, target.types)
  const reached = findReached(entry)
  for (const file of reached) needed.add(file)
  if (reached.has(sessionData) && entry !== frontDoor) nameFrontDoor(entry)
}
// What no entry of the package leads to, nobody can import: its declarations would only be carried along.
for (const file of globSync('dist/**/*.d.ts', { cwd: root })) {
  if (!needed.has(join(root, file))) rmSync(join(root, file))
}

/**
 * TypeScript finds `declare module 'coatcheck'` only where something has imported that module. Whoever imports an
 * adapter alone must be able to declare data as well.
 */
function nameFrontDoor(entry: string): void {
  const path = relative(dirname(entry), frontDoor).replace(/\.d\.ts$/, '.ts')
  appendFileSync(entry, `import type {} from '${path.startsWith('.') ? path : `./${path}`}';\n`)
}

function findReached(file: string, reached: Set<string> = new Set()): Set<string> {
  if (reached.has(file)) return reached
  reached.add(file)
  const imports = readFileSync(file, 'utf8').matchAll(/\b(?:from |import\()['"](\.[^'"]+)/g)
  for (const [, imported = ''] of imports) {
    findReached(join(dirname(file), imported.replace(/\.(?:ts|js)$/, '.d.ts')), reached)
  }
  return reached
}
