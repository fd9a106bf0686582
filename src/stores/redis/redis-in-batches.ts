// Many commands, of which only some are under way at a time.

/**
 * How many scripts are sent at once. Robots have thousands of sessions, and drivers can limit the length of
 * their queue (`commandsQueueMaxLength`).
 */
const batchSize = 100

/** The answer for each item, in their order. */
export async function inBatches<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let start = 0; start < items.length; start += batchSize) {
    answers.push(...(await Promise.all(items.slice(start, start + batchSize).map(ask))))
  }
  return answers
}
