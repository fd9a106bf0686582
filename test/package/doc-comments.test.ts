import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { entries } from '../../scripts/entries.ts'
import { readExportedNames } from './exported-names.ts'

const root = new URL('../..', import.meta.url).pathname

interface Declaration {
  readonly file: string
  readonly name: string
  /** Whether it is a class, a function, a type or a value. */
  readonly kind: string
  /** The comment before it; empty without one. */
  readonly comment: string
  /** What stands between the braces of an interface or a class. */
  readonly body: string
}

const declared =
  /^export (?:(?:abstract )?(?:class|interface) (\w+)[^\n]*\{\n([\s\S]*?)^\}|(?:async )?(?:abstract class|class|function|interface|type|const|let) (\w+))/gm

/** Everything that a file of the source exports and declares itself. */
function readDeclarations(file: string): Declaration[] {
  const text = readFileSync(root + file, 'utf8')
  return [...text.matchAll(declared)].map(
    ({ 0: line, index, 1: whole, 2: body = '', 3: name = whole ?? '' }) => {
      const [, kind = ''] = /\b(class|interface|function|type|const|let)\b/.exec(line) ?? []
      const before = text
        .slice(0, index)
        .replace(/(?:^\/\/ oxlint-disable.*\n)+$/m, '')
        .trimEnd()
      const comment = before.endsWith('*/') ? before.slice(before.lastIndexOf('/**')) : ''
      return { file, name, kind, comment, body }
    },
  )
}

const declarations = globSync('src/**/*.ts', { cwd: root }).flatMap(readDeclarations)

const publicNames = new Set(
  entries.flatMap(({ source }) => readExportedNames(source).map(({ name }) => name)),
)
const publicDeclarations = declarations.filter(
  ({ name, comment }) => publicNames.has(name) && !comment.includes('@internal'),
)

describe('the doc comments', () => {
  test('every export of a source file has one', () => {
    for (const { file, name, comment } of declarations)
      assert.ok(comment.startsWith('/**'), `${file}: ${name} has no doc comment; each overload needs one`)
  })

  test('every function, class and object of options that the package exports has an example', () => {
    assert.ok(publicNames.size > 90, `${publicNames.size} names found`)
    const named = new Set(publicDeclarations.map(({ name }) => name))
    const taught = publicDeclarations.filter(
      ({ kind, name }) => /class|function/.test(kind) || name.endsWith('Options'),
    )
    assert.ok(taught.length > 30, `${taught.length} found`)
    for (const { file, name, comment, body } of taught)
      assert.match(comment + body, /```ts/, `${file}: ${name}`)
    for (const name of publicNames)
      assert.ok(named.has(name) || name === 'runWithSession', `${name} is not found`)
  })

  test('every member of an interface or class that the package exports has one', () => {
    let found = 0
    for (const { file, name, body } of publicDeclarations) {
      const lines = body.split('\n')
      const members = lines.flatMap((line, index) => {
        const isMember = /^ {2}(?!static |override |constructor)(?:readonly |get |abstract )*\w+[?<(:]/.test(
          line,
        )
        return isMember ? [{ line, before: lines[index - 1] ?? '' }] : []
      })
      found += members.length
      for (const { line, before } of members) {
        assert.match(before, /\*\/$/, `${file}: ${name}:${line}`)
      }
    }
    assert.ok(found > 150, `${found} members found`)
  })
})
