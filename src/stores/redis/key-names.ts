// The names of all keys. In a Cluster the part in braces alone decides where a key lives, so that what
// belongs to one user is in one slot. An owner is a hash; any other text is escaped, and then contains neither
// braces nor anything else that could end the name early.

/** Names the keys of a store. */
export class KeyNames {
  /** What the name of each session begins with. */
  readonly sessions: string
  /** What the names begin with under which a ping writes. */
  readonly pings: string
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.sessions = `${prefix}session:`
    this.pings = `${prefix}ping:`
  }

  /** Where the record of a session is. */
  session(key: string): string {
    return `${this.sessions}${key}`
  }

  /** The sorted set of a user's sessions. */
  user(owner: string): string {
    return `${this.#prefix}user:{${encodeURIComponent(owner)}}`
  }

  /** How often the sessions of a user were revoked of late; in the slot of {@link user}. */
  epoch(owner: string): string {
    return `${this.#prefix}epoch:{${encodeURIComponent(owner)}}`
  }

  /** The logins of a user within the last minute; in the slot of {@link user}. Only in a Cluster. */
  recent(owner: string): string {
    return `${this.#prefix}recent:{${encodeURIComponent(owner)}}`
  }

  /** The sessions that a login has decided to end; in the slot of {@link user}. Only in a Cluster. */
  ending(owner: string): string {
    return `${this.#prefix}ending:{${encodeURIComponent(owner)}}`
  }
}
