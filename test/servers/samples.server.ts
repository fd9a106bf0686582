import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { needsServer, SampleProject, samples } from '../package/samples.ts'
import type { Sample } from '../package/samples.ts'
import { engines, missing } from './engines.ts'
import { connectionOf } from './open-postgres.ts'
import { account } from './mariadb.ts'
import type { Address, Engine, RunningEngine } from './engine.ts'

/** An address as the documentation gives it, and whose it is. */
interface Place {
  readonly engine: string
  readonly written: string
  /** The same address, of a server that runs. */
  replace(address: Address): string
}

const places: readonly Place[] = [
  {
    engine: 'Redis, node-redis',
    written: 'redis://localhost:6379',
    replace: ({ ports: [port] }) => `redis://127.0.0.1:${port}`,
  },
  {
    engine: 'PostgreSQL, pg',
    written: 'postgres://shop@localhost/shop',
    replace(address) {
      const { user, port, database } = connectionOf(address)
      return `postgres://${user}@127.0.0.1:${port}/${database}`
    },
  },
  {
    engine: 'MariaDB, mysql2',
    written: 'mysql://shop@localhost/shop',
    replace: ({ ports: [port] }) =>
      `mysql://${account.user}:${account.password}@127.0.0.1:${port}/${account.database}`,
  },
]

for (const { engine: name, written, replace } of places) {
  const engine = engines.find((each) => each.name === name) as Engine
  const chosen = samples.filter((sample) => needsServer(sample) && sample.code.includes(written))

  describe(`the samples with ${name}`, { skip: missing(engine) }, () => {
    let running: RunningEngine
    let project: SampleProject

    before(async () => {
      running = await engine.start()
      const toRun = chosen.map((sample): Sample => {
        return { ...sample, code: sample.code.replaceAll(written, replace(running.address)) }
      })
      project = new SampleProject(`.samples-${written.split(':')[0]}`, toRun)
    })
    after(async () => {
      project?.remove()
      await running?.stop()
    })

    test(`the samples with ${name} are found`, () => assert.ok(chosen.length > 0))
    for (const sample of chosen) test(`run: ${sample.name}`, () => project.run(sample))
  })
}

test('every sample that needs a server is run on one', () => {
  const homeless = samples.filter(needsServer).filter(({ code }) => {
    return !places.some(({ written }) => code.includes(written))
  })
  assert.deepEqual(homeless, [])
})
