import type { Diary } from './visit.ts'

/** Notes how a call ends, by the code and the words of node's own errors. */
export function tryTo({ order }: Pick<Diary, 'order'>, call: () => unknown): void {
  try {
    call()
    order('returned')
  } catch (error) {
    order(`${(error as NodeJS.ErrnoException).code} ${(error as Error).message}`)
  }
}
