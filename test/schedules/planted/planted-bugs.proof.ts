import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { invariants } from '../invariants/all.ts'
import { plantedBugs } from './planted-bugs.ts'

const program = new URL('../run.ts', import.meta.url).pathname

/** The output of the search, with a planted bug or without. */
function search(invariant: string, plant?: string): Promise<string> {
  const planted = plant === undefined ? [] : ['--plant', plant]
  const parameters = [program, '--invariant', invariant, '--count', '1000', ...planted]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, parameters, (error, output, problems) => {
      // Exit code 1 also means that the bug was found; stderr means that it could not be planted.
      if (error && problems !== '') reject(new Error(problems))
      else resolve(output)
    })
  })
}

describe('a planted bug is found within 1000 schedules', { concurrency: 2 }, () => {
  for (const { name, invariant } of plantedBugs) {
    test(`${invariant}: ${name}`, async () => {
      const output = await search(invariant, name)
      assert.match(output, new RegExp(`^${invariant}: failed after \\d+ schedules\n`))
      assert.match(output, new RegExp(`^${invariant} does not hold: `, 'm'))
      assert.match(
        output,
        new RegExp(
          `^Seed \\d+\\. Run it again: .* --invariant ${invariant} --seed \\d+ --plant '${name}'$`,
          'm',
        ),
      )
    })
  }

  test('and every invariant finds at least one bug', () => {
    const found = new Set(plantedBugs.map(({ invariant }) => invariant))
    assert.deepEqual(
      invariants.map(({ name }) => name).filter((name) => !found.has(name)),
      [],
    )
  })
})
