import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What tests need from the machine, and the Debian package that has it. */
export interface Program {
  readonly name: string
  readonly package: string
  /** Where to look besides the PATH. */
  readonly folders?: readonly string[]
}

/** The path of a program; `undefined` when this machine does not have it. */
export function findProgram({ name, folders = [] }: Program): string | undefined {
  const places = [...folders, ...(process.env['PATH'] ?? '').split(delimiter)]
  return places.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/** The path of a program that must be there. */
export function demandProgram(program: Program): string {
  const path = findProgram(program)
  if (path === undefined) throw new Error(`${program.name} is missing: apt-get install ${program.package}`)
  return path
}
