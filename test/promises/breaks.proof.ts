import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { breaks } from './breaks.ts'

const here = new URL('./', import.meta.url).pathname

const fileOf = {
  'No lost writes': 'no-lost-writes',
  'Logout is final': 'logout-is-final',
  'Saved before sent': 'saved-before-sent',
} as const

describe('a break of one line turns a test of its promise red', { concurrency: 2 }, () => {
  for (const [index, { promise, without }] of breaks.entries()) {
    test(`${promise}: without ${without}`, async () => {
      const red = await findRed(index, `${here}${fileOf[promise]}.test.ts`)
      assert.match(red, new RegExp(`^not ok \\d+ - ${promise}$`, 'm'))
      assert.match(red, /^ +ok \d+ - /m, 'every test is red: the library does not work at all')
      assert.match(red, /^ +code: 'ERR_ASSERTION'$/m, 'no assertion of a test is red')
    })
  }
})

/** What a run of the file prints with that break in place. A run that is green fails the test. */
function findRed(index: number, file: string): Promise<string> {
  const { NODE_TEST_CONTEXT: _context, ...inherited } = process.env
  const env = { ...inherited, COATCHECK_BREAK: String(index) }
  const options = ['--import', `${here}break-source.ts`, '--test-reporter=tap', file]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, options, { env, timeout: 60_000 }, (error, stdout, stderr) => {
      if (error?.code === 1) resolve(stdout)
      else reject(new Error(`the run ended with ${error?.code ?? 'success'}\n${stderr}`))
    })
  })
}
