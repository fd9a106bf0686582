import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'

const root = new URL('../..', import.meta.url).pathname
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...globSync('docs/**/*.md', { cwd: root }),
]

function read(file: string): string {
  return readFileSync(root + file, 'utf8')
}

/** The names between the quotes of a union of strings. */
function readUnion(file: string, name: string): string[] {
  const [, body = ''] = new RegExp(`export type ${name} =([^;]*?)\\n\\n`).exec(read(file)) ?? []
  return [...body.matchAll(/'([^']+)'/g)].map(([, member = '']) => member)
}

describe('the documents', () => {
  for (const page of pages) {
    test(`${page}: its links lead to files that exist`, () => {
      const prose = read(page).replaceAll(/^```[\s\S]*?^```/gm, '')
      for (const [, target = ''] of prose.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
        if (/^https?:/.test(target)) continue
        assert.ok(existsSync(join(root, dirname(page), target)), `${page} links to ${target}`)
      }
    })

    test(`${page}: the files it names exist`, () => {
      const names = read(page).matchAll(/`((?:src|test|docs|scripts|bench|examples)\/[\w./-]*[\w/])`/g)
      for (const [, name = ''] of names) assert.ok(existsSync(root + name), `${page} names ${name}`)
    })

    test(`${page}: the npm scripts it names exist`, () => {
      for (const [, name = ''] of read(page).matchAll(/npm run ([\w:-]+)/g)) {
        assert.ok(name in manifest.scripts, `${page} names npm run ${name}`)
      }
    })
  }

  test('every import path they and the doc comments name is exported', () => {
    const texts = [...pages, ...globSync('src/**/*.ts', { cwd: root })].map(
      (file) => [file, read(file)] as const,
    )
    for (const [file, text] of texts) {
      for (const [, path = ''] of text.matchAll(/['"`]coatcheck(\/[\w/-]+)['"`]/g)) {
        assert.ok(`.${path}` in manifest.exports, `${file} names coatcheck${path}`)
      }
    }
  })

  test('the list of decisions has every note', () => {
    const list = read('docs/decisions/README.md')
    for (const name of globSync('docs/decisions/0*.md', { cwd: root }))
      assert.ok(list.includes(`(${name.replace('docs/decisions/', '')})`), name)
  })

  test('the README has every error code and every option', () => {
    const readme = read('README.md')
    const codes = readUnion('src/contract/errors.ts', 'SessionErrorCode')
    assert.equal(codes.length, 6)
    for (const code of codes) assert.ok(readme.includes(`\`${code}\``), code)
    const options = [...read('src/manager/session-options.ts').matchAll(/^ {2}(\w+)\?:/gm)]
    assert.ok(options.length >= 16)
    for (const [, option = ''] of options) assert.ok(readme.includes(`| \`${option}`), option)
  })

  test('every export of the package stands in the README', () => {
    const readme = read('README.md')
    for (const subpath of Object.keys(manifest.exports)) {
      if (subpath === './package.json') continue
      assert.ok(readme.includes(`coatcheck${subpath.slice(1)}`), subpath)
    }
  })
})
