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
  const environment = process.env
  context.after(() => void (process.env = environment))
  process.env = { PATH: environment['PATH'] }
  assert.equal(missing(present), false)
  assert.equal(missing(absent), 'Something needs no-such-server: apt-get install no-such-package')
  process.env = { ...process.env, CI: 'true' }
  assert.equal(missing(present), false)
  assert.throws(() => missing(absent), /Something needs no-such-server/)
})
