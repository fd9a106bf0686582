import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'

const root = new URL('../..', import.meta.url).pathname
const folder = `${root}.samples/`

interface Sample {
  readonly name: string
  readonly code: string
}

/** Every TypeScript block of the README and the docs, each a module of its own in a project that has installed the tarball. */
const samples: readonly Sample[] = ['README.md', ...globSync('docs/**/*.md', { cwd: root })].flatMap(
  (file) => {
    const text = readFileSync(root + file, 'utf8')
    return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = ''], index) => ({
      name: `${file.replaceAll(/\W+/g, '-').toLowerCase()}-${index + 1}`,
      code,
    }))
  },
)

/** Servers of samples listen where there is room, and hold no process open. */
const preload = `
import { Server } from 'node:net'
const listen = Server.prototype.listen
Server.prototype.listen = function (port, ...rest) {
  const callback = rest.find((each) => typeof each === 'function')
  return listen.call(this, 0, '127.0.0.1', callback).unref()
}
`

describe('every sample of the documentation', () => {
  before(() => {
    rmSync(folder, { recursive: true, force: true })
    install(`${folder}node_modules/coatcheck`)
    writeFileSync(`${folder}package.json`, '{ "name": "samples", "type": "module" }')
    writeFileSync(`${folder}preload.mjs`, preload)
    for (const { name, code } of samples) writeFileSync(`${folder}${name}.ts`, `${code}\nexport {}\n`)
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  test('is found', () => assert.ok(samples.length >= 10))

  test('compiles, those that declare data of their own each alone', () => {
    const declaring = samples.filter(({ code }) => code.includes('declare module'))
    const plain = samples.filter((sample) => !declaring.includes(sample))
    for (const group of [plain, ...declaring.map((sample) => [sample])]) compile(group)
  })

  for (const { name } of samples) {
    test(`runs: ${name}`, () => {
      const run = spawnSync(process.execPath, ['--import', `${folder}preload.mjs`, `${folder}${name}.ts`], {
        cwd: folder,
        encoding: 'utf8',
        timeout: 20_000,
      })
      assert.equal(run.status, 0, run.stderr)
    })
  }
})

/** What npm would put there: nothing of the repository but what is packed. */
function install(target: string): void {
  mkdirSync(target, { recursive: true })
  const options = ['--ignore-scripts', '--silent', '--pack-destination', folder]
  const tarball = execFileSync('npm', ['pack', ...options], { cwd: root, encoding: 'utf8' }).trim()
  execFileSync('tar', ['-xzf', folder + tarball, '-C', target, '--strip-components=1'])
}

function compile(group: readonly Sample[]): void {
  const config = { extends: '../tsconfig.json', include: group.map(({ name }) => `${name}.ts`) }
  writeFileSync(`${folder}tsconfig.json`, JSON.stringify(config))
  const tsc = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', folder], {
    encoding: 'utf8',
  })
  assert.equal(tsc.status, 0, tsc.stdout)
}
