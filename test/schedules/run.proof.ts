import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { plantedBugs } from './planted/planted-bugs.ts'

const script = new URL('./run.ts', import.meta.url).pathname

function run(...choices: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [script, ...choices], { encoding: 'utf8' })
}

const refused: readonly (readonly [choices: string[], message: RegExp])[] = [
  [['--count', 'x'], /^--count is "x"; allowed is a whole number from 1 to 999999999\n$/],
  [['--count', '0'], /^--count is "0"/],
  [['--count', '1e3'], /^--count is "1e3"/],
  [['--seed', 'abc'], /^--seed is "abc"/],
  [['--invariant', 'D8'], /^--invariant is "D8"; allowed are D1, D2, .*, D31\n$/],
  [['--plant', 'nothing'], /^--plant is "nothing"; allowed are no version check, /],
  [['--sed', '1'], /^Unknown option '--sed'[^\n]*\n$/],
]
for (const [choices, message] of refused) {
  test(`npm run schedules -- ${choices.join(' ')} is refused with a one-line message`, () => {
    const { status, stdout, stderr } = run(...choices)
    assert.deepEqual([status, stdout], [1, ''])
    assert.match(stderr, message)
  })
}

test('one seed of one invariant runs one schedule', () => {
  const { status, stdout } = run('--invariant', 'D2', '--seed', '5')
  assert.equal(status, 0)
  assert.match(stdout, /^D2: 1 schedules in [^\n]*\n$/)
})

test('the command at the end of a failure report reproduces the failure', () => {
  const [bug] = plantedBugs
  assert.ok(bug)
  const first = run('--invariant', bug.invariant, '--plant', bug.name)
  assert.equal(first.status, 1)
  const [, line = ''] = /Run it again: npm run schedules -- (.+)\n$/.exec(first.stdout) ?? []
  const choices = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
  const second = run(...choices)
  assert.equal(second.status, 1)
  assert.equal(withoutChance(second.stdout), withoutChance(first.stdout))
})

/** Removes what may differ: the number of schedules before the failure, and the tokens. */
function withoutChance(printed: string): string {
  return printed.replace(/failed after \d+ schedules/, '').replace(/[0-9a-f]{4}…[0-9a-f]{4}/g, 'token')
}
