// What the store needs from a driver, as interfaces of its own: both drivers satisfy one of them, none is
// a dependency, and others can be adapted.

/** The keys and arguments of a script, as node-redis takes them. */
export interface RedisScriptParameters {
  /** The keys that the script uses. */
  keys: string[]
  /** Everything else. */
  arguments: string[]
}

/** A client as node-redis makes it: `createClient`, `createClientPool`, `createCluster`, `createSentinel`. */
export interface NodeRedisClient {
  /** The text of a key, or null. */
  get(key: string): Promise<unknown>
  /** Runs a script that the server has loaded, by the SHA-1 of its text. */
  evalSha(sha1: string, parameters: RedisScriptParameters): Promise<unknown>
  /** Runs a script and loads it. */
  eval(script: string, parameters: RedisScriptParameters): Promise<unknown>
}

/** A client as ioredis makes it: `new Redis`, also with `sentinels`, and `new Cluster`. */
export interface IoredisClient {
  /** The text of a key, or null. */
  get(key: string): Promise<unknown>
  /** Runs a script that the server has loaded. The keys come first among `parameters`. */
  evalsha(sha1: string, numberOfKeys: number, ...parameters: string[]): Promise<unknown>
  /** Runs a script and loads it. */
  eval(script: string, numberOfKeys: number, ...parameters: string[]): Promise<unknown>
}

/** A connected client of either driver. */
export type RedisClient = NodeRedisClient | IoredisClient
