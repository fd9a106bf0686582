import { after, before, describe, test } from 'node:test'
import type { OpenedStore, RunningEngine } from '../engine.ts'
import { engines, enginesOfOneProcess, missing } from '../engines.ts'
import { openStore } from '../open-store.ts'
import { abortedClients } from './aborted-clients.ts'
import { deliveryOrder } from './delivery-order.ts'
import { endedSessions } from './ended-sessions.ts'
import type { FailureMode } from './failure-mode.ts'
import { laterFormats } from './later-formats.ts'
import { lostAnswers } from './lost-answers.ts'
import { lostUpdates } from './lost-updates.ts'
import { replacedTokens } from './replaced-tokens.ts'
import { touches } from './touches.ts'

const failureModes: readonly FailureMode[] = [
  ...lostUpdates,
  ...endedSessions,
  ...replacedTokens,
  ...lostAnswers,
  ...deliveryOrder,
  ...abortedClients,
  ...laterFormats,
  ...touches,
]

// What goes wrong elsewhere, tried on every engine: D1 to D24 of a catalogue of failure modes.
for (const engine of [...engines, ...enginesOfOneProcess]) {
  describe(`on ${engine.name}`, { skip: missing(engine) }, () => {
    let running: RunningEngine
    let opened: readonly [OpenedStore, OpenedStore, OpenedStore]

    before(async () => {
      running = await engine.start()
      const open = (): Promise<OpenedStore> => openStore(running.address)
      opened = [await open(), await open(), await open()]
    })
    after(async () => {
      for (const each of opened ?? []) await each.close()
      await running?.stop()
    })

    for (const { name, needsNetwork, run } of failureModes) {
      test(name, async (context) => {
        if (needsNetwork && running.address.ports.length === 0) return context.skip('has no network')
        const [first, second, third] = opened
        await run({ running, stores: [first.store, second.store, third.store] })
      })
    }
  })
}
