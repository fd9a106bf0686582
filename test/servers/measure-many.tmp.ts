import { monitorEventLoopDelay } from 'node:perf_hooks'
import { redisEngines } from './redis.ts'
import { clusterEngines } from './redis-cluster.ts'
import { openStore } from './open-store.ts'
import { sampleRecord, sampleOwner } from '../../src/testing/sample-record.ts'
import { inspect } from './redis/start-redis.ts'

const count = Number(process.argv[2] ?? 100_000)
let now = Date.now()
for (const engine of [...redisEngines, ...clusterEngines]) {
  const running = await engine.start()
  const { store, close } = await openStore(running.address)
  const owner = sampleOwner('robot')
  const endsAt = now + 86_400_000
  let t = performance.now()
  for (let i = 0; i < count; i += 500)
    await Promise.all(Array.from({ length: 500 }, () => store.create(sampleRecord(Date.now(), { userId: 'robot', endsAt, idleTimeout: 86_400_000, idleExpiresAt: endsAt, data: JSON.stringify('x'.repeat(200)) }), Date.now())))
  console.log(engine.name, 'created', Math.round(performance.now() - t), 'ms')
  now = Date.now()
  const measure = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    for (const port of running.address.ports) await inspect(port, (i) => i.sendCommand(['CONFIG', 'RESETSTAT']))
    for (const port of running.address.ports) await inspect(port, (i) => i.sendCommand(['CONFIG', 'SET', 'slowlog-log-slower-than', '1000']))
    for (const port of running.address.ports) await inspect(port, (i) => i.sendCommand(['SLOWLOG', 'RESET']))
    const h = monitorEventLoopDelay({ resolution: 1 })
    h.enable()
    const s = performance.now()
    const result = await work()
    const took = performance.now() - s
    h.disable()
    let slowest = 0
    for (const port of running.address.ports) {
      const log = await inspect(port, (i) => i.sendCommand<any[]>(['SLOWLOG', 'GET', '1000']))
      for (const e of log) slowest = Math.max(slowest, Number(e[2]))
    }
    console.log(`  ${name}: ${Math.round(took)} ms, loop at most ${Math.round(h.max / 1e6)} ms, slowest script ${slowest / 1000} ms`, typeof result === 'object' ? '' : result)
  }
  await measure('list 100', async () => (await store.listByUser(owner, { limit: 100 }, now)).length)
  const page = await store.listByUser(owner, { limit: 100 }, now)
  await measure('list next 100', async () => (await store.listByUser(owner, { limit: 100, after: page.at(-1) }, now)).length)
  await measure('list last', async () => (await store.listByUser(owner, { limit: 100, after: { endsAt, handle: 'ffffff'.repeat(4) } }, now)).length)
  await measure('count', async () => store.countByUser(owner, now))
  await measure('deleteByHandle', async () => store.deleteByHandle(owner, page[50]!.handle, now))
  await measure('createWithin(100)', async () => (await store.createWithin(sampleRecord(now, { userId: 'robot' }), 100, now)).evicted.length)
  await measure('createWithin(100000)', async () => (await store.createWithin(sampleRecord(now, { userId: 'robot' }), 100_000, now)).evicted.length)
  let longest = 0, steps = 0, ended = 0
  await measure('deleteByUser', async () => {
    let cursor: string | undefined
    do {
      const s = performance.now()
      const step = await store.deleteByUser(owner, cursor === undefined ? {} : { cursor }, now)
      longest = Math.max(longest, performance.now() - s)
      ended += step.handles.length
      steps += 1
      cursor = step.cursor
    } while (cursor !== undefined)
  })
  console.log(`  ${steps} steps, ${ended} ended, longest ${Math.round(longest)} ms, left`, await store.countByUser(owner, now))
  await close()
  await running.stop()
}
