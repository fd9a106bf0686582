import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { adapters } from '../../scripts/entries.ts'
import { writePrelude } from './examples-prelude.ts'

const root = new URL('../..', import.meta.url).pathname
const folder = `${root}.examples/`

interface Example {
  readonly file: string
  readonly name: string
  readonly code: string
}

/** These show a thing from inside the package, or a framework that does not exist: nothing to compile against. */
const unbound = /\breadOptions\(|\bframework\(\)/

/** Every example in a doc comment of the source. */
const examples: readonly Example[] = globSync('src/**/*.ts', { cwd: root }).flatMap((file) => {
  const text = readFileSync(root + file, 'utf8')
  return [...text.matchAll(/^ *\* ```ts\n([\s\S]*?)^ *\* ```/gm)].map(([, lines = ''], index) => ({
    file,
    name: `${file.replaceAll(/\W+/g, '-')}-${index + 1}`,
    code: lines.replaceAll(/^ *\* ?/gm, ''),
  }))
})

describe('every example in a doc comment', () => {
  const bound = examples.filter(({ code }) => !unbound.test(code))
  before(() => {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(`${folder}node_modules`, { recursive: true })
    symlinkSync(root, `${folder}node_modules/coatcheck`)
    writeFileSync(`${folder}package.json`, '{ "name": "examples", "type": "module" }')
    writeFileSync(`${folder}superjson.d.ts`, ambient)
    for (const example of bound) writeFileSync(`${folder}${example.name}.ts`, asModule(example))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  test('every example in a doc comment is found, and few are left out', () => {
    assert.ok(bound.length > 70, `${bound.length} examples`)
    assert.ok(examples.length - bound.length <= 2)
  })

  test('every example in a doc comment compiles, one that declares data alone', () => {
    const declaring = bound.filter(({ code }) => code.includes('declare module'))
    for (const group of [bound.filter((each) => !declaring.includes(each)), declaring]) compile(group)
  })
})

function compile(group: readonly Example[]): void {
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false, noImplicitAny: false }
  const include = ['superjson.d.ts', ...group.map(({ name }) => `${name}.ts`)]
  const config = { extends: '../tsconfig.json', compilerOptions, include }
  writeFileSync(`${folder}tsconfig.json`, JSON.stringify(config))
  const compiler = `${root}node_modules/typescript/bin/tsc`
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' })
  assert.equal(status, 0, `${stdout}\n(what examples import stands in test/package/examples-prelude.ts)`)
}

/** Not installed: the example only shows what any serializer looks like. */
const ambient = `declare module 'superjson' {
  const superjson: { stringify(value: unknown): string; parse(text: string): unknown }
  export default superjson
}
`

/** Imports and declarations of modules stand at the top; all else in a function, where it may wait. */
function asModule({ file, code }: Example): string {
  const isTop = /^(?:import|declare module|export default) /.test(code)
  const imports = [...code.matchAll(/^import .*$/gm)].map(([line]) => line)
  const rest = code.replaceAll(/^import .*\n/gm, '')
  // What is outside of the adapters shows `withSession` as it is on node.
  const adapter = adapters.find((name) => file === `src/adapters/${name}.ts`) ?? 'node'
  const head = writePrelude(adapter, code)
  if (isTop && imports.length === 0) return `${head}\n${code}`
  return `${head}\n${imports.join('\n')}\nexport async function example() {\n${rest}\n}\n`
}
