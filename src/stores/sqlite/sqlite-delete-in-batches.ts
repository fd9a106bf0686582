// Deletions that may concern any number of rows. SQLite runs in this thread, so a step is bound by time: a row of 60 kB
// that is overwritten takes twenty times as long as a short one, and a large table ten times as long as a small one.

/** How many rows the first statement of a step deletes; each further one up to twice as many, up to the most. */
const [fewest, most] = [4, 64]

/**
 * How many milliseconds a step should take. When SQLite then empties its log into the file, it is several times
 * that.
 */
const stepTime = 4

/** What a step has deleted. */
export interface Deleted<Row> {
  readonly rows: readonly Row[]
  /** Whether the step has ended before everything was deleted. */
  readonly hasMore: boolean
}

/**
 * One step: runs a statement that deletes at most so many rows, again and again, until it finds fewer, `limit` rows
 * are deleted or the time is up. Each run is committed by itself.
 *
 * @throws the driver's error if it comes before anything was deleted; otherwise the next step meets it.
 */
export function deleteInBatches<Row>(
  deleteBatch: (size: number) => readonly Row[],
  limit: number = Infinity,
): Deleted<Row> {
  const start = performance.now()
  const rows: Row[] = []
  for (let size = fewest; size >= 1 && rows.length < limit;) {
    const count = Math.min(size, limit - rows.length)
    let batch: readonly Row[]
    try {
      batch = deleteBatch(count)
    } catch (error) {
      if (rows.length === 0) throw error
      break
    }
    rows.push(...batch)
    if (batch.length < count) return { rows, hasMore: false }
    size = Math.min(2 * size, most, countThatFit(rows.length, performance.now() - start))
  }
  return { rows, hasMore: true }
}

/** How many more rows can be deleted in the time that is left, if they are like those before. */
function countThatFit(deleted: number, elapsed: number): number {
  return Math.floor(((stepTime - elapsed) / elapsed) * deleted)
}
