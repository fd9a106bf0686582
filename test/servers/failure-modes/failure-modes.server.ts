import { after, before, describe, test } from 'node:test'
import type { OpenedStore, RunningEngine } from '../engine.ts'
import { engines, enginesOfOneProcess, missing } from '../engines.ts'
import { openStore } from '../open-store.ts'
import { abortedClients } from './aborted-clients.ts'
import { deliveryOrder } from './delivery-order.ts'
import { endedSessions } from './ended-sessions.ts'
import { findReasonToSkip } from './failure-mode.ts'
import type { FailureMode } from './failure-mode.ts'
import { indexDrift } from './index-drift.ts'
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
  ...indexDrift,
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

    for (const mode of failureModes) {
      test(mode.name, async (context) => {
        const reason = findReasonToSkip(mode, running.address)
        if (reason !== undefined) return context.skip(reason)
        const [first, second, third] = opened
        await mode.run({ running, stores: [first.store, second.store, third.store] })
      })
    }
  })
}
