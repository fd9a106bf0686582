// A table's name cannot be bound as a parameter, so it becomes part of each statement and must not be
// able to break out of its quotes.

/** Whether a value is a name that is safe in any statement: 1 to 63 letters, digits and `_`, no digit first. */
export function isTableName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Z_][A-Z0-9_]{0,62}$/i.test(value)
}
