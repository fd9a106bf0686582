// The list of all scenarios, in the order in which a fault is best found: what fails first explains
// most of what fails after it.

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
 * What every adapter must do, for any test runner.
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
 * The scenarios for an adapter: all but those that need what its framework cannot do, and but the one
 * about https unless the adapter has `secureHeaders`. The kit speaks plain http: that an adapter asks a
 * TLS socket whether it is one, it cannot show.
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
