// How long a row may live, for stores that count from the present: by their own clock, which need not
// agree with the manager's.

/** Milliseconds from `now` until a row may go. At least one: most stores take 0 for "forever" or "at once". */
export function timeToLive(expiresAt: number, now: number): number {
  return Math.max(Math.ceil(expiresAt - now), 1)
}
