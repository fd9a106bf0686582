import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'

const folder = mkdtempSync(join(tmpdir(), 'coatcheck-secrets-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const root = join(import.meta.dirname, '..', '..')
const preload = ['--import', './test/secrets/preload.mjs']
const wholeRun = ['--test-global-setup', './test/secrets/whole-run.ts']
const plants = 'test/secrets/plants.ts'

interface Run {
  readonly code: number
  readonly output: string
}

/** Runs node as the first process of a run of its own: what it finds is not this run's. */
function run(given: readonly string[], more: Record<string, string> = {}): Promise<Run> {
  const { SECRETS_WATCH: _folder, NODE_OPTIONS: _preload, NODE_TEST_CONTEXT: _, ...env } = process.env
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      given,
      { cwd: root, env: { ...env, ...more } },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
    )
  })
}

/** Each leak, and the place that must be named. */
const places: readonly [leak: string, place: string][] = [
  ['a body', 'body'],
  ['a body in pieces', 'body'],
  ['a body of bytes', 'body'],
  ['a body of HTTP/2', 'body'],
  ['a header', 'header'],
  ['a log', 'log'],
  ['a log on stderr', 'log'],
  ['a log of its own', 'log'],
  ['an error', 'error'],
  ['a cause', 'error'],
  ['an error of another class', 'error'],
  ['an event', 'event'],
  ['a print of a session', 'inspection'],
  ['a print of a manager', 'inspection'],
  ['a value in a store', 'store call'],
  ['a row of a database', 'database file'],
  ['a process it starts', 'log'],
  ['a process that is killed', 'log'],
  ['a thread', 'log'],
]

describe('the watch for secrets', { concurrency: 2 }, () => {
  for (const [leak, place] of places) {
    test(`the watch for secrets finds ${leak}`, async () => {
      const database = leak === 'a row of a database' ? [join(folder, 'sessions.db')] : []
      const { code, output } = await run([...preload, plants, leak, ...database])
      const finds = output.split('\n').filter((line) => line.includes('showed one'))
      assert.notEqual(code, 0, output)
      assert.ok(finds.length > 0, output)
      for (const find of finds) assert.match(find, new RegExp(`plants.ts showed one in ${place}, a text of`))
      const told = output.slice(output.indexOf('secrets:'))
      assert.doesNotMatch(told, /[0-9a-f]{32}/i, 'it shows what it found')
    })
  }

  test('the watch for secrets finds nothing where nothing leaks', async () => {
    const { code, output } = await run([...preload, plants, 'nothing', join(folder, 'nothing.db')])
    assert.equal(code, 0, output)
    assert.match(output, /secrets: 1 tokens issued, [1-9]\d* texts searched in 1 processes, nothing found/)
  })

  test('the watch for secrets makes a test file that leaks a failed one', async () => {
    const { code, output } = await run([...wholeRun, '--test-reporter', 'tap', '--test', plants], {
      LEAK: 'a header',
    })
    assert.equal(code, 1, output)
    assert.match(output, /^not ok 1 - \S*plants\.ts$/m)
    assert.match(output, /plants\.ts showed one in header/)
  })

  test('the watch for secrets does not start where a module has changed beyond recognition', async () => {
    const { code, output } = await run([...preload, '--import', './test/secrets/rename-issuer.ts', plants])
    assert.equal(code, 1, output)
    assert.match(output, /ReferenceError: generateToken is not defined/)
  })

  test('the watch for secrets is not content with a run that searched nothing', async () => {
    const { code, output } = await run([...wholeRun, '--test-reporter', 'tap', '--test', plants])
    assert.equal(code, 1, output)
    assert.match(output, /^ok 1 - \S*plants\.ts$/m)
    assert.match(output, /^secrets: no database file was ever searched$/m)
    assert.match(output, /^secrets: no token of server\.ts was ever heard of$/m)
  })

  test('the watch for secrets is what npm run test:proofs runs under', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    const command = scripts['test:proofs'] ?? ''
    assert.match(command, /--test-global-setup \.\/test\/secrets\/whole-run\.ts --test /)
    assert.ok(command.endsWith(' "test/**/*.{test,proof}.ts"'), 'it leaves tests out')
    assert.match(readFileSync(join(root, '.ci/run'), 'utf8'), /^npm run test:proofs$/m)
  })
})
