import { posix } from 'node:path'
import type { SourceFile } from './source-files.ts'

/**
 * The circles of imports: sets of at least two files, as large as possible, of which each leads to each. Imports
 * and exports of types alone, which are gone when the code runs, count only `withTypes`.
 */
export function findImportCircles(files: readonly SourceFile[], withTypes: boolean): string[][] {
  const imports = new Map(files.map((file) => [file.name, listImports(file, withTypes)]))
  const reachable = new Map(files.map(({ name }) => [name, findReachable(name, imports)]))
  const circles = new Map<string, string[]>()
  for (const { name } of files) {
    const circle = [...(reachable.get(name) ?? [])]
      .filter((other) => reachable.get(other)?.has(name))
      .toSorted()
    const [first] = circle
    if (first !== undefined && circle.length > 1) circles.set(first, circle)
  }
  return [...circles.values()]
}

function listImports({ name, text }: SourceFile, withTypes: boolean): string[] {
  const statements = text.matchAll(
    /^(?:import|export)( type)?\b[^'"]*?from '(\.[^']+)'|^import '(\.[^']+)'/gm,
  )
  return [...statements]
    .filter(([, type]) => withTypes || type === undefined)
    .map(([, , from, bare]) => posix.join(posix.dirname(name), from ?? bare ?? ''))
}

/** What a file imports, and what that imports, and so on. */
function findReachable(start: string, imports: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>()
  const open = [...(imports.get(start) ?? [])]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue
    found.add(name)
    open.push(...(imports.get(name) ?? []))
  }
  return found
}
