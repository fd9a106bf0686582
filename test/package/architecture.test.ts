import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const root = new URL('../..', import.meta.url).pathname
const page = readFileSync(`${root}docs/architecture.md`, 'utf8')
const source = globSync('src/**/*.ts', { cwd: root })
  .map((file) => readFileSync(root + file, 'utf8'))
  .join('\n')

test('every function and type that the architecture names is declared in the source', () => {
  const names = new Set([...page.matchAll(/`([A-Za-z]\w+)`/g)].map(([, name = '']) => name))
  assert.ok(names.size > 30)
  for (const name of names) {
    const declared = new RegExp(
      `(?:function|class|interface|type|const|readonly) ${name}\\b|^ +(?:async )?${name}[?(:<,]`,
      'm',
    )
    assert.match(source, declared, name)
  }
})
