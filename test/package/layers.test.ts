import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { adapters, builtOnNode, entries, stores } from '../../scripts/entries.ts'

/**
 * Who may import whom, from the ground up. A part may import itself, and any part on a line
 * above its own; nobody imports the front door. No store imports another, and no adapter but those
 * that are built on the node adapter.
 */
const layers: readonly (readonly string[])[] = [
  ['own-property', 'quote', 'awaitable'],
  ['contract'],
  ['options', 'id'],
  ['duration', 'sql'],
  ['cookie', 'codec'],
  [...stores.map((name) => `stores/${name}`), 'session'],
  ['manager'],
  ['adapters/to-manager'],
  adapters.filter((name) => !builtOnNode.includes(name)).map((name) => `adapters/${name}`),
  builtOnNode.map((name) => `adapters/${name}`),
  ['testing'],
  entries.map(({ name }) => name).filter((name) => !name.includes('/') && name !== 'testing'),
]

/** What only some may use, whatever their layer. */
const exceptions: readonly { who: RegExp; mayOnlyImport: RegExp }[] = [
  {
    who: /^stores\//,
    mayOnlyImport: /^(contract|own-property|duration|options|sql|awaitable|stores\/\w+)$/,
  },
  { who: /^testing/, mayOnlyImport: /^(?!adapters\/|stores\/(?!memory))/ },
  { who: /^manager$/, mayOnlyImport: /^(?!stores\/(?!memory))/ },
]

const source = new URL('../../src', import.meta.url).pathname
const files = globSync('**/*.ts', { cwd: source })

/** The part a file belongs to: its folder, or its own name at the top and among adapters and stores. */
function partOf(file: string): string {
  const [first = '', second = ''] = file.replace(/\.ts$/, '').split('/')
  return first === 'stores' || first === 'adapters' ? `${first}/${second}` : first
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), 'utf8')
  const specifiers = [...text.matchAll(/^(?:import|export)[^'"]*?from '(\.[^']+)'|^import '(\.[^']+)'/gm)]
  return specifiers.map(([, from, bare]) => relative(source, join(source, dirname(file), from ?? bare ?? '')))
}

function layerOf(part: string): number {
  const layer = layers.findIndex((names) => names.includes(part))
  assert.notEqual(layer, -1, `${part} is in no layer: add it to the table`)
  return layer
}

test('imports go downwards only, never sideways', () => {
  for (const file of files) {
    const part = partOf(file)
    for (const imported of importsOf(file)) {
      const other = partOf(imported)
      if (other === part) continue
      assert.ok(layerOf(other) < layerOf(part), `${file} imports ${imported}: ${other} is not below ${part}`)
    }
  }
})

test('stores know the contract only, the manager knows no store but its default', () => {
  for (const file of files) {
    for (const { who, mayOnlyImport } of exceptions.filter(({ who }) => who.test(partOf(file)))) {
      for (const imported of importsOf(file)) {
        assert.match(partOf(imported), mayOnlyImport, `${file} imports ${imported}, which ${who} may not`)
      }
    }
  }
})

test('the reader of imports sees them', () => {
  assert.ok(importsOf('index.ts').includes('contract/errors.ts'))
  assert.ok(files.length > 40)
})
