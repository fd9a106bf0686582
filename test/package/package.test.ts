import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { brotliCompressSync, constants } from 'node:zlib'
import { build } from 'esbuild'
import { listLoaded } from '../../bench/cold-start/import-in-child.ts'
import { adapters, builtOnNode, entries, stores } from '../../scripts/entries.ts'
import { readExportedNames } from './exported-names.ts'

const root = new URL('../..', import.meta.url).pathname
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

// Budgets, with about 3 % of room for bytes: docs/decisions/0005, 0006 and 0046 say what they are for.
const mostPacked = 600_000
const mostCore = 25_900
const mostLoaded = {
  coatcheck: { modules: 22, bytes: 61_500 },
  'coatcheck/express': { modules: 24, bytes: 72_000 },
  'coatcheck/stores/redis': { modules: 7, bytes: 18_800 },
}

test('every export of the package is one line, and is built with its types', () => {
  for (const [subpath, target] of Object.entries<unknown>(manifest.exports))
    assert.match(String(target), /^\.\/(?:dist\/[\w/-]+\.js|package\.json)$/, subpath)
  for (const { specifier, script, declaration } of entries) {
    for (const path of [script, declaration])
      assert.ok(existsSync(root + path), `${specifier} needs ${path}, which is not built`)
  }
})

test('every export loads, and getSession is one function everywhere', async () => {
  const names = ['coatcheck', ...adapters.map((name) => `coatcheck/${name}`)]
  const modules = await Promise.all(names.map((name) => import(name)))
  assert.equal(new Set(modules.map(({ getSession }) => getSession)).size, 1)
  for (const { specifier } of entries) await import(specifier)
})

test('at most three runtime dependencies, none behind them', () => {
  const names = Object.keys(manifest.dependencies)
  assert.ok(names.length <= 3)
  for (const name of names) {
    const dependency = JSON.parse(readFileSync(`${root}node_modules/${name}/package.json`, 'utf8'))
    assert.deepEqual(dependency.dependencies ?? {}, {}, `${name} has dependencies of its own`)
    assert.match(readDecisions(), new RegExp(`^# \\d+\\. .*\`${name}\``, 'm'), `no decision weighs ${name}`)
  }
})

test('the packed tarball holds neither tests nor the sources of the kit', () => {
  for (const { path } of pack().files) {
    assert.match(
      path,
      /^(dist\/|docs\/[\w-]+\.md$|src\/.+\.ts$|sql\/\w+\.sql$|(?:LICENSE|llms\.txt|(?:README|SECURITY|CHANGELOG)\.md|package\.json)$)/,
    )
    assert.doesNotMatch(path, /^src\/testing|\.test\./)
  }
})

test('scripts and declarations lead to the packed sources, except those of the kit', () => {
  const paths = new Set(pack().files.map(({ path }) => path))
  const mapped = [...paths].filter((path) => /^dist\/(?!testing).*\.(?:js|d\.ts)$/.test(path))
  assert.ok(mapped.length > 30, `${mapped.length} files`)
  for (const path of mapped) {
    const map = JSON.parse(readFileSync(`${root}${path}.map`, 'utf8'))
    assert.ok(paths.has(`${path}.map`) && !('sourcesContent' in map), path)
    for (const source of map.sources)
      assert.ok(paths.has(join(dirname(path), source)), `${path}.map names ${source}, which is not packed`)
  }
})

test('a stack trace names the line of the source', () => {
  const code =
    "import { createSessionManager } from 'coatcheck'; try { createSessionManager({ maxAge: 'long' }) } catch (error) { console.log(error.stack) }"
  const parameters = ['--enable-source-maps', '--input-type=module', '--eval', code]
  const stack = execFileSync(process.execPath, parameters, { cwd: root, env: {}, encoding: 'utf8' })
  const [, file = '', line = ''] = /at createSessionManager \((?:file:\/\/)?(.*\.ts):(\d+):/.exec(stack) ?? []
  assert.equal(file, `${root}src/manager/create-session-manager.ts`, stack)
  assert.match(readFileSync(file, 'utf8').split('\n')[Number(line) - 1] ?? '', /\w+\(/, stack)
})

test('the packed declarations show nothing of the inside', () => {
  const inside = /session-state|resolve-options|journal|draft|saving|upkeep|token/
  const declarations = pack().files.filter(({ path }) => path.endsWith('.d.ts'))
  assert.ok(declarations.length > 20, `${declarations.length} declarations`)
  for (const { path } of declarations) {
    assert.doesNotMatch(path, inside, `${path} is reached from an entry: mark what names it as @internal`)
  }
})

test('the package does not grow unnoticed: docs/decisions/0006 says what it holds', (context) => {
  const { size } = pack()
  context.diagnostic(`${size} bytes packed`)
  assert.ok(size <= mostPacked, `${size} bytes packed, more than ${mostPacked}`)
})

for (const [specifier, { modules, bytes }] of Object.entries(mostLoaded)) {
  test(`${specifier} loads at most ${modules} modules of ${bytes} compressed bytes`, (context) => {
    const loaded = listLoaded(specifier)
    context.diagnostic(`${loaded.modules} modules, ${loaded.brotli} bytes`)
    assert.ok(loaded.modules <= modules, `${loaded.modules} modules`)
    assert.ok(loaded.brotli <= bytes, `${loaded.brotli} bytes`)
  })
}

test('nothing that runs in production loads the conformance kit', () => {
  const scripts = globSync('dist/**/*.js', { cwd: root, exclude: ['dist/testing.js'] })
  assert.ok(scripts.length > entries.length, 'no chunk is found')
  for (const script of scripts) {
    const text = readFileSync(root + script, 'utf8')
    assert.doesNotMatch(text, /^\/\/ src\/testing|['"][./]+testing\.js/m, script)
  }
  assert.match(readFileSync(`${root}dist/testing.js`, 'utf8'), /^\/\/ src\/testing\//m)
})

test('the conformance kit needs no test runner of its own', () => {
  assert.doesNotMatch(readFileSync(`${root}dist/testing.js`, 'utf8'), /node:test/)
})

test('every store has a column in the table of promises', () => {
  const [heading = ''] = /^\| *promise .*$/im.exec(readFileSync(`${root}docs/stores.md`, 'utf8')) ?? []
  for (const name of stores) {
    const functions = readExportedNames(`src/stores/${name}.ts`).filter(({ isType }) => !isType)
    for (const { name: open } of functions)
      assert.match(
        heading,
        new RegExp(`\\b${open}\\b`),
        `${open}: add it to scripts/promise-table.ts or server-stores.ts`,
      )
  }
})

interface Packed {
  readonly size: number
  readonly files: readonly { readonly path: string }[]
}

let packed: Packed | undefined

function pack(): Packed {
  const options = ['--dry-run', '--json', '--ignore-scripts']
  packed ??= JSON.parse(
    execFileSync('npm', ['pack', ...options], { cwd: root, encoding: 'utf8' }),
  )[0] as Packed
  return packed
}

/** What must not be in the bundle of a store: the library above it, and other stores. */
function besidesStore(own: string): RegExp {
  return new RegExp(`manager|adapters|session/|codec|testing|node_modules|stores/(?!${own}\\b)`)
}

/** What must not be in that of an adapter: other adapters, except what some share with the node adapter. */
function besidesAdapter(own: string): RegExp {
  const others = adapters
    .filter((name) => name !== own)
    .map((name) => (name === 'node' && builtOnNode.includes(own) ? 'node\\.' : `${name}[./]`))
  return new RegExp(`stores/(?!memory)|sql/|testing|adapters/(?:${others.join('|')})`)
}

/** By entry, where it is neither store nor adapter. */
const leaks: Readonly<Record<string, RegExp>> = {
  context: /manager|stores|adapters|codec|devalue|node_modules/,
  testing: /adapters|stores\/(?!memory)|sql\//,
}

/** What must not be in any other entry. */
const besidesCore = /adapters|stores\/(?!memory)|sql\/|testing/

for (const { name, specifier, source } of entries) {
  test(`${specifier} drags in no other entry: an adapter brings no SQLite, a store no manager`, async () => {
    const store = name.replace(/^stores\//, '')
    const forbidden = adapters.includes(name)
      ? besidesAdapter(name)
      : name.startsWith('stores/')
        ? besidesStore(store)
        : (leaks[name] ?? besidesCore)
    const { inputs } = await bundle(source)
    assert.ok(inputs.includes(source))
    for (const input of inputs) assert.doesNotMatch(input, forbidden, `${specifier} bundles ${input}`)
  })
}

test('the core entry does not grow unnoticed: docs/decisions/0005 says what it consists of', async (context) => {
  const { bytes } = await bundle('dist/index.js', ['devalue', 'cookie'])
  const { bytes: withDependencies } = await bundle('dist/index.js')
  context.diagnostic(
    `${bytes} bytes of our own, minified and compressed; ${withDependencies} with dependencies`,
  )
  assert.ok(bytes <= mostCore, `${bytes} bytes, more than ${mostCore}`)
})

async function bundle(file: string, external: string[] = []): Promise<{ bytes: number; inputs: string[] }> {
  const result = await build({
    entryPoints: [root + file],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    // Chunks import each other without a name to keep the order of evaluation; esbuild tells of each.
    logLevel: 'error',
    metafile: true,
    format: 'esm',
    platform: 'node',
    external,
  })
  const code = result.outputFiles[0]?.contents ?? new Uint8Array()
  const compressed = brotliCompressSync(code, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
  return { bytes: compressed.length, inputs: Object.keys(result.metafile.inputs) }
}

function readDecisions(): string {
  const names = readdirSync(`${root}docs/decisions`)
  return names.map((name) => readFileSync(`${root}docs/decisions/${name}`, 'utf8')).join('\n')
}
