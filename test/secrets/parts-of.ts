/** So that one huge object graph does not stop a run. */
const limit = 10_000

/** All texts and bytes in a value: names and values of properties, elements, what an error was caused by. */
export function* partsOf(value: unknown): Generator<string | Uint8Array> {
  const seen = new Set<object>()
  const waiting = [value]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next === 'string') yield next
    if (typeof next !== 'object' || next === null || seen.has(next) || seen.size >= limit) continue
    seen.add(next)
    if (next instanceof Uint8Array) yield next
    else for (const part of insideOf(next)) if (part !== undefined) waiting.push(part)
  }
}

function insideOf(value: object): unknown[] {
  if (Array.isArray(value)) return value
  if (value instanceof Map) return [...value].flat()
  if (value instanceof Set) return [...value]
  const inside: unknown[] = value instanceof Error ? [value.message, value.stack, value.cause] : []
  for (const [name, { value: held }] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    inside.push(name, held)
  }
  return inside
}
