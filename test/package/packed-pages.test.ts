// The pages in the tarball: none leads to a page that was left behind, and llms.txt names them all. Why these pages and
// no others: docs/decisions/0050.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, test } from 'node:test'

const root = new URL('../..', import.meta.url).pathname

/** What npm would pack. */
const packed: ReadonlySet<string> = new Set(
  JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], { cwd: root, encoding: 'utf8' }),
  )[0].files.map(({ path }: { path: string }) => path),
)
const pages = [...packed].filter((path) => path.endsWith('.md'))

/** The targets of a page's relative links, as paths from the root. Code is no link. */
function findLinks(page: string): string[] {
  const prose = readFileSync(root + page, 'utf8')
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/`[^`\n]*`/g, 'code')
  return [...prose.matchAll(/\]\(([^)\s]+)[^)]*\)/g)]
    .map(([, target = '']) => target.replace(/#.*/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
    .map((target) => posix.join(posix.dirname(page), target))
}

describe('the packed pages', () => {
  test('are those that a user reads, and hold no picture', () => {
    for (const page of ['README.md', 'SECURITY.md', 'CHANGELOG.md', ...globSync('docs/*.md', { cwd: root })])
      assert.ok(packed.has(page), page)
    for (const path of packed) assert.doesNotMatch(path, /^docs\/(?!\w[\w-]*\.md$)|\.png$|CONTRIBUTING/, path)
  })

  // The page about the sources links into them: docs/decisions/0050.
  for (const page of [...pages, 'llms.txt'].filter((each) => each !== 'docs/architecture.md')) {
    test(`${page}: every link leads to a file that is packed`, () => {
      for (const target of findLinks(page)) assert.ok(packed.has(target), `${page} links to ${target}`)
    })
  }

  test('are all in docs/README.md, but for the README and itself', () => {
    const links = findLinks('docs/README.md')
    for (const page of pages.filter((each) => each !== 'docs/README.md'))
      assert.ok(links.includes(page), page)
  })
})

describe('llms.txt', () => {
  const lines = readFileSync(`${root}llms.txt`, 'utf8').split('\n')

  test('has the form of https://llmstxt.org: a title, a sentence, lists of links', () => {
    assert.match(lines[0] ?? '', /^# \w+$/)
    assert.match(lines[2] ?? '', /^> .+\.$/)
    const lists = lines.slice(lines.findIndex((line) => line.startsWith('## ')))
    for (const line of lists) assert.match(line, /^$|^## \w[\w ]*$|^- \[[^\]]+\]\([^)\s]+\): \S.*$/, line)
  })

  test('lists every packed page once', () => {
    assert.deepEqual(findLinks('llms.txt').toSorted(), pages.toSorted())
  })
})
