import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const docs = new URL('../../docs/', import.meta.url).pathname
const page = readFileSync(join(docs, 'architecture.md'), 'utf8')
const links = [...page.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(([, text = '', path = '']) => ({
  text,
  path,
}))

/** Whether a file declares a name: at the top, or as a method of a class. */
function declares(source: string, name: string): boolean {
  const declaration = `(?:function|class|interface|type|const|let) ${name}\\b`
  const method = `^ {2}(?:async )?${name}[(<]`
  return new RegExp(`${declaration}|${method}`, 'm').test(source)
}

test('docs/architecture.md links to files that are there', () => {
  for (const { text, path } of links) assert.ok(existsSync(join(docs, path)), `${text}: there is no ${path}`)
})

test('docs/architecture.md names what the linked file declares', () => {
  const names = links.filter(({ text }) => text.startsWith('`'))
  assert.notEqual(names.length, 0)
  for (const { text, path } of names) {
    const source = readFileSync(join(docs, path), 'utf8')
    assert.ok(declares(source, text.slice(1, -1)), `${path} declares no ${text}`)
  }
})

test('the picture of docs/architecture.md shows every part of the source', () => {
  const [, picture = ''] = /```\n([\s\S]*?)```/.exec(page) ?? []
  // Without the explanations at the right, which use the same words.
  const drawing = picture
    .split('\n')
    .map((line) => line.slice(0, 48))
    .join('\n')
  const parts = globSync('*', { cwd: join(docs, '../src') }).map((name) => name.replace(/\.ts$/, ''))
  for (const part of parts)
    assert.match(drawing, new RegExp(`(?:^|\\W)${part}(?:\\W|$)`), `${part} is missing`)
})

test('the reader of declarations tells them from uses', () => {
  assert.ok(declares('export async function load(): void {}', 'load'))
  assert.ok(declares('class A {\n  replay(all) {}\n}', 'replay'))
  assert.ok(!declares('import { load } from "./load.ts"\nload()', 'load'))
})
