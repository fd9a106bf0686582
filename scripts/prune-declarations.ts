import { globSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

// What no entry of the package leads to, nobody can import: its declarations would only be carried along.
const root = join(import.meta.dirname, '..')
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { types: string }>
}
const reached = new Set<string>()

for (const entry of Object.values(exports)) {
  if (typeof entry !== 'string') reach(join(root, entry.types))
}
for (const file of globSync('dist/**/*.d.ts', { cwd: root })) {
  if (!reached.has(join(root, file))) rmSync(join(root, file))
}

function reach(file: string): void {
  if (reached.has(file)) return
  reached.add(file)
  for (const [, imported = ''] of readFileSync(file, 'utf8').matchAll(
    /\b(?:from |import\()['"](\.[^'"]+)/g,
  )) {
    reach(join(dirname(file), imported.replace(/\.(?:ts|js)$/, '.d.ts')))
  }
}
