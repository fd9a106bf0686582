import type { Engine } from '../../test/servers/engine.ts'
import { engines, missing } from '../../test/servers/engines.ts'

/** What the table compares. */
export interface Column {
  readonly heading: string
  /** Absent for sessions in the memory of the server process. */
  readonly engine?: Engine
}

/** The databases that several server processes can share; one driver of each is enough. */
const databases = ['SQLite', 'Redis', 'Redis Cluster', 'Redis Sentinel', 'PostgreSQL', 'MariaDB']

/** The columns that this machine can fill. What is missing is named, and in CI it is an error. */
export function findColumns(): readonly Column[] {
  const columns: Column[] = [{ heading: 'memory' }]
  for (const heading of databases) {
    const engine = engines.find(({ name }) => name.split(', ')[0] === heading)
    if (!engine) throw new Error(`no engine is called ${heading}`)
    const reason = missing(engine)
    if (reason === false) columns.push({ heading, engine })
    else console.error(`left out: ${reason}`)
  }
  return columns
}
