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

/** A relative link: the file it leads to, as a path from the root, and the heading. */
interface Link {
  readonly file: string
  readonly anchor: string
}

/** A page without its samples. */
function readProse(page: string): string {
  return readFileSync(root + page, 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '')
}

/** The relative links of a page. Code is no link. */
function findLinks(page: string): Link[] {
  const targets = readProse(page)
    .replaceAll(/`[^`\n]*`/g, 'code')
    .matchAll(/\]\(([^)\s]+)[^)]*\)/g)
  return [...targets]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor = ''] = target.split('#')
      return { file: path === '' ? page : posix.join(posix.dirname(page), path), anchor }
    })
}

/** The anchors of a page's headings, as GitHub makes them. */
function findAnchors(page: string): string[] {
  return [...readProse(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/\]\([^)]*\)/g, '')
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe('the packed pages', () => {
  test('the packed pages are those that a user reads, and hold no picture', () => {
    for (const page of ['README.md', 'SECURITY.md', 'CHANGELOG.md', ...globSync('docs/*.md', { cwd: root })])
      assert.ok(packed.has(page), page)
    for (const path of packed) assert.doesNotMatch(path, /^docs\/(?!\w[\w-]*\.md$)|\.png$|CONTRIBUTING/, path)
  })

  // The page about the sources links into them: docs/decisions/0050.
  for (const page of [...pages, 'llms.txt'].filter((each) => each !== 'docs/architecture.md')) {
    test(`${page}: every link leads to a file that is packed`, () => {
      for (const { file } of findLinks(page)) assert.ok(packed.has(file), `${page} links to ${file}`)
    })
  }

  for (const page of pages) {
    test(`${page}: every link to a heading finds one`, () => {
      for (const { file, anchor } of findLinks(page)) {
        if (anchor === '') continue
        assert.ok(findAnchors(file).includes(anchor), `${page} links to ${file}#${anchor}`)
      }
    })
  }

  test('the packed pages are all in docs/README.md, but for the README and itself', () => {
    const links = new Set(findLinks('docs/README.md').map(({ file }) => file))
    for (const page of pages.filter((each) => each !== 'docs/README.md')) assert.ok(links.has(page), page)
  })
})

describe('llms.txt', () => {
  const lines = readFileSync(`${root}llms.txt`, 'utf8').split('\n')

  test('llms.txt has the form of https://llmstxt.org: a title, a sentence, lists of links', () => {
    assert.match(lines[0] ?? '', /^# \w+$/)
    assert.match(lines[2] ?? '', /^> .+\.$/)
    const lists = lines.slice(lines.findIndex((line) => line.startsWith('## ')))
    for (const line of lists) assert.match(line, /^$|^## \w[\w ]*$|^- \[[^\]]+\]\([^)\s]+\): \S.*$/, line)
  })

  test('llms.txt lists every packed page once', () => {
    const links = findLinks('llms.txt').map(({ file }) => file)
    assert.deepEqual(links.toSorted(), pages.toSorted())
  })
})
