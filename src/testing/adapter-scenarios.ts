// All scenarios, ordered so that the first failure usually explains the ones after it.

import type { AdapterScenario, TestedAdapter } from './adapter-scenario.ts'
import { bodilessScenarios } from './adapter-scenarios/bodiless-scenarios.ts'
import { failureScenarios } from './adapter-scenarios/failure-scenarios.ts'
import { headerScenarios } from './adapter-scenarios/header-scenarios.ts'
import { identityScenarios } from './adapter-scenarios/identity-scenarios.ts'
import { lookupScenarios } from './adapter-scenarios/lookup-scenarios.ts'
import { overlapScenarios } from './adapter-scenarios/overlap-scenarios.ts'
import { savingScenarios } from './adapter-scenarios/saving-scenarios.ts'
import { streamScenarios } from './adapter-scenarios/stream-scenarios.ts'

/**
 * What every adapter must do, as scenarios for any test runner.
 *
 * @example
 * ```ts
 * for (const scenario of adapterScenarios) console.log(scenario.name, scenario.requires)
 * ```
 */
export const adapterScenarios: readonly AdapterScenario[] = [
  ...savingScenarios,
  ...bodilessScenarios,
  ...headerScenarios,
  ...identityScenarios,
  ...failureScenarios,
  ...overlapScenarios,
  ...streamScenarios,
  ...lookupScenarios,
]

/**
 * The scenarios for an adapter: all except those that need what it `lacks`, and except the one about
 * https unless it has `secureHeaders`. The kit uses plain http, so it cannot test that an adapter
 * recognises a TLS socket.
 *
 * @example
 * ```ts
 * for (const scenario of scenariosFor(adapter)) test(scenario.name, () => scenario.run(adapter))
 * ```
 */
export function scenariosFor({ lacks = [], secureHeaders }: TestedAdapter): readonly AdapterScenario[] {
  const lacking = secureHeaders ? lacks : [...lacks, 'https']
  return adapterScenarios.filter(({ requires = [] }) => !requires.some((need) => lacking.includes(need)))
}
