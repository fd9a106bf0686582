import { globSync, readFileSync } from 'node:fs'

export const sourceFolder = new URL('../../src/', import.meta.url)

/** A file under `src`, named from there. */
export interface SourceFile {
  readonly name: string
  readonly text: string
}

export function readSourceFiles(): readonly SourceFile[] {
  const names = globSync('**/*.ts', { cwd: sourceFolder.pathname }).toSorted()
  return names.map((name) => ({ name, text: readFileSync(new URL(name, sourceFolder), 'utf8').trimEnd() }))
}

export function countLines(files: readonly SourceFile[]): number {
  return files.reduce((sum, { text }) => sum + text.split('\n').length, 0)
}

/** Those that are neither empty nor all comment. */
export function countCodeLines(files: readonly SourceFile[]): number {
  const codeLines = files.flatMap(({ text }) => {
    const code = text.replaceAll(/^[ \t]*\/\*[\s\S]*?\*\//gm, '').replaceAll(/^[ \t]*\/\/.*$/gm, '')
    return code.split('\n').filter((line) => line.trim() !== '')
  })
  return codeLines.length
}
