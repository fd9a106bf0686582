import type { StoreCall } from './store-call.ts'

/** What can happen to a store call. The first is the normal case. */
export const fates = [
  'answered',
  'refused',
  'applied, answer lost',
  'applied, answered later',
  'applied twice, answered twice',
  'applied, never settled',
  'never settled',
  'refused, applied later',
] as const

export type Fate = (typeof fates)[number]

const chances = [0, 10, 16, 18, 10, 8, 8, 12]

/** The weights of the fates when `faults` of 1000 calls have a fault. */
export function weighFates(faults: number): readonly number[] {
  const all = chances.reduce((sum, each) => sum + each, 0)
  return chances.map((chance, index) => (index === 0 ? (1000 - faults) * all : chance * faults))
}

/** What a call still waits for afterwards: its answer, its arrival at the store, or nothing. */
export type Remainder = 'answer' | 'arrival' | undefined

export function applyFate(call: StoreCall, fate: Fate): Remainder {
  switch (fate) {
    case 'answered':
      call.arrive()
      call.answer()
      return undefined
    case 'refused':
      call.refuse()
      return undefined
    case 'applied, answer lost':
      call.arrive()
      call.refuse()
      return undefined
    case 'applied, answered later':
      call.arrive()
      return 'answer'
    case 'applied twice, answered twice':
      call.arrive()
      call.arrive()
      call.answer()
      call.refuse()
      return undefined
    case 'applied, never settled':
      call.arrive()
      return undefined
    case 'never settled':
      return undefined
    case 'refused, applied later':
      call.refuse()
      return 'arrival'
  }
}
