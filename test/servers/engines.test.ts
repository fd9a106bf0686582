import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Engine } from './engine.ts'
import { missing } from './engines.ts'

const present: Engine = {
  name: 'Nothing',
  programs: [],
  start: () => assert.fail('it was started'),
}
const absent: Engine = {
  ...present,
  name: 'Something',
  programs: [{ name: 'no-such-server', package: 'no-such-package' }],
}

test('a server that is missing is named, and in CI it is an error', (context) => {
  const before = process.env['CI']
  context.after(() => {
    if (before === undefined) delete process.env['CI']
    else process.env['CI'] = before
  })
  delete process.env['CI']
  assert.equal(missing(present), false)
  assert.equal(missing(absent), 'Something needs no-such-server: apt-get install no-such-package')
  process.env['CI'] = 'true'
  assert.equal(missing(present), false)
  assert.throws(() => missing(absent), /Something needs no-such-server/)
})
