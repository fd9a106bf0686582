// The names of all keys. In a Cluster the part in braces alone decides where a key lives, so that what
// belongs to one user is in one slot. Escaped user ids contain neither braces nor anything else that
// could end the name early.

/** Names the keys of a store. */
export class KeyNames {
  /** What the name of each session begins with. */
  readonly sessions: string
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.sessions = `${prefix}session:`
  }

  /** Where the record of a session is. */
  session(key: string): string {
    return `${this.sessions}${key}`
  }

  /** The sorted set of a user's session keys. */
  user(userId: string): string {
    return `${this.#prefix}user:{${encodeURIComponent(userId)}}`
  }

  /** How often the sessions of a user were revoked of late; in the slot of {@link user}. */
  epoch(userId: string): string {
    return `${this.#prefix}epoch:{${encodeURIComponent(userId)}}`
  }
}
