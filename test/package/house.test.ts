import assert from 'node:assert/strict'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const root = new URL('../..', import.meta.url).pathname

interface Measured {
  readonly file: string
  readonly lines: number
  /** Of them, those that are comments. */
  readonly comments: number
}

const files: readonly Measured[] = globSync('src/**/*.ts', { cwd: root }).map((file) => {
  const text = readFileSync(root + file, 'utf8').trimEnd()
  const blocks = text.match(/^[ \t]*\/\*[\s\S]*?\*\//gm) ?? []
  const single = text.match(/^[ \t]*\/\//gm) ?? []
  const comments = blocks.reduce((sum, block) => sum + block.split('\n').length, single.length)
  return { file, lines: text.split('\n').length, comments }
})

test('half of the source files have at most 100 lines', () => {
  const sizes = files.map(({ lines }) => lines).toSorted((left, right) => left - right)
  assert.ok((sizes[sizes.length >> 1] ?? 0) <= 100)
})

test('no source file is longer than 250 lines without a written reason', () => {
  const notes = readdirSync(`${root}docs/decisions`).map((name) =>
    readFileSync(`${root}docs/decisions/${name}`, 'utf8'),
  )
  for (const { file, lines } of files) {
    if (lines > 250) assert.ok(notes.join('\n').includes(file), `${file} has ${lines} lines`)
  }
})

test('a quarter to two fifths of the source is documentation', (context) => {
  let lines = 0
  let comments = 0
  for (const file of files) {
    lines += file.lines
    comments += file.comments
  }
  const share = comments / lines
  context.diagnostic(`${(share * 100).toFixed(1)} % of ${lines} lines`)
  assert.ok(share >= 0.25 && share <= 0.4, `${(share * 100).toFixed(1)} %`)
})
