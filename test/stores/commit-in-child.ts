import { sqliteStore } from '../../src/stores/sqlite.ts'
import { expectationOf, sampleChange } from '../../src/testing/sample-record.ts'

/** Started by sqlite.test.ts: increments the number in a record's data as many times as asked. */
const [path, key, times] = process.argv.slice(2)

if (path !== undefined && key !== undefined) {
  const store = sqliteStore(path)
  let conflicts = 0
  for (let count = 0; count < Number(times);) {
    const record = await store.read(key, Date.now())
    if (record === undefined) throw new Error('the record is gone')
    const change = sampleChange(record, { data: `${Number(record.data) + 1}` })
    if (await store.commit(key, expectationOf(record), change, Date.now())) count += 1
    else conflicts += 1
  }
  await store.close()
  console.log(conflicts)
}
