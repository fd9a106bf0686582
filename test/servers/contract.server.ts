import { before, after, describe, test } from 'node:test'
import { storeCaseContext } from '../../src/testing/store-case.ts'
import { casesFor } from '../../src/testing/store-promises.ts'
import type { OpenedStore, RunningEngine } from './engine.ts'
import { engines, enginesOfOneProcess, missing } from './engines.ts'
import { openStore } from './open-store.ts'

// The conformance cases on real servers, each store with a peer that has connections of its own.
for (const engine of [...engines, ...enginesOfOneProcess]) {
  describe(`${engine.name} keeps the contract`, { skip: missing(engine) }, () => {
    let running: RunningEngine
    let opened: OpenedStore
    let peer: OpenedStore

    before(async () => {
      running = await engine.start()
      opened = await openStore(running.address)
      peer = await openStore(running.address)
    })
    after(async () => {
      await opened?.close()
      await peer?.close()
      await running?.stop()
    })

    test('all cases', async (context) => {
      for (const storeCase of casesFor(opened.store, { peer: peer.store })) {
        await context.test(storeCase.name, () =>
          storeCase.run(storeCaseContext(opened.store, { peer: peer.store })),
        )
      }
    })
  })
}
