// Keys as names that every database, file system and URL takes.

/**
 * The name to store a key under. The keys of sessions are hex already, and those of a ping nearly; any other is written in hex, so
 * that none is a path, a pattern or a property of an object.
 */
export function nameKey(key: string): string {
  if (/^(?:[0-9a-f]{64}|ping-[0-9a-f-]{36})$/.test(key)) return key
  const digits = Array.from(new TextEncoder().encode(key), (byte) => byte.toString(16).padStart(2, '0'))
  return `key-${digits.join('')}`
}
