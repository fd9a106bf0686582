import { sealRecord } from '../../src/contract/record.ts'
import { sampleOwner } from '../../src/testing.ts'
import type { RecordChange, SessionRecord } from '../../src/contract/store.ts'
import { look, overwrite, testFaults } from './store-faults.ts'
import type { Fault } from './store-faults.ts'

type Values = Partial<SessionRecord & RecordChange>

/** Stores altered values, in `create` and in `commit`. */
const storing =
  (mangle: (values: Values) => Values): Fault =>
  (good) => ({
    create: (record, now) => good.create({ ...record, ...mangle(record) }, now),
    commit: (...given) => committing(mangle)(good).commit?.(...given) ?? false,
  })

/** The same in `commit` only. */
const committing =
  (mangle: (values: Values) => Values): Fault =>
  (good) => ({
    commit: (key, expected, change, now) => good.commit(key, expected, { ...change, ...mangle(change) }, now),
  })

const verbsOnly = { listByUser: undefined, sweep: undefined, enumerate: undefined, onEviction: undefined }

/** Shortens the keys. */
const keyed =
  (shorten: (key: string) => string): Fault =>
  (good) => ({
    create: (record, now) => good.create({ ...record, key: shorten(record.key) }, now),
    read(key, now) {
      const record = good.read(shorten(key), now) as SessionRecord | undefined
      return record && sealRecord({ ...record, key })
    },
    commit: (key, ...rest) => good.commit(shorten(key), ...rest),
    touch: (key, ...rest) => good.touch(shorten(key), ...rest),
    delete: (key, owner) => good.delete(shorten(key), owner),
    ...(verbsOnly as object),
  })

testFaults({
  'that truncates data after 400 kB': [
    storing(({ data = '' }) => ({ data: data.slice(0, 400_000) })),
    ['a megabyte of data comes back whole or is refused with an error'],
  ],
  'that truncates details after 255 characters': [
    storing(({ details }) => ({ details: details?.slice(0, 255) })),
    ['details come back unchanged'],
  ],
  'that treats empty details as absent': [
    storing(({ details }) => ({ details: details || undefined })),
    ['details come back unchanged'],
  ],
  'whose commit stores Latin-1': [
    committing(({ details }) => ({ details: details?.replaceAll(/[^\0-\u00ff]/g, '?') })),
    ['details come back unchanged'],
  ],
  'whose commit truncates user ids after 64 characters': [
    committing(({ userId }) => ({ userId: userId?.slice(0, 64) })),
    ['user index: users are kept apart, whatever their ids contain'],
  ],
  'whose commit lower-cases user ids': [
    committing(({ userId }) => ({ userId: userId?.toLowerCase() })),
    ['user index: users are kept apart, whatever their ids contain'],
  ],
  'whose read mangles user ids': [
    (good) => ({
      read(key, now) {
        const record = good.read(key, now) as SessionRecord | undefined
        return record && sealRecord({ ...record, userId: record.userId?.normalize('NFC') })
      },
    }),
    ['user index: users are kept apart, whatever their ids contain'],
  ],
  'that treats the instant 0 as absent': [
    storing(({ authenticatedAt }) => ({ authenticatedAt: authenticatedAt || undefined })),
    ['create stores every property of a record'],
  ],
  'that treats a rotation at the instant 0 as none': [
    storing(({ rotatedAt }) => ({ rotatedAt: rotatedAt || undefined })),
    ['create stores every property of a record'],
  ],
  'without a column for the rotation': [
    storing(() => ({ rotatedAt: undefined })),
    [
      'commit writes everything it may change and nothing else',
      'create stores every property of a record',
      'user index: listByUser shows every property but the secret ones',
    ],
  ],
  'without a column for the lifetimes': [
    storing(() => ({ lifetimes: undefined })),
    [
      'commit writes everything it may change and nothing else',
      'create stores every property of a record',
      'user index: listByUser shows every property but the secret ones',
    ],
  ],
  'whose commit keeps no lifetimes': [
    committing(() => ({ lifetimes: undefined })),
    ['commit writes everything it may change and nothing else'],
  ],
  'without a column for the previous verifier': [
    storing(() => ({ previousVerifierHash: undefined })),
    ['commit writes everything it may change and nothing else', 'create stores every property of a record'],
  ],
  'that derives the owner from the user id': [
    storing(({ userId }) => ({ owner: userId === undefined ? undefined : sampleOwner(userId) })),
    [
      'user index: the index goes by the owner, not by the user id',
      'user index: deleteByUser leaves other users and anonymous sessions alone',
    ],
  ],
  'whose index finds an owner by the beginning of its hash': [
    (good) => ({
      async deleteByUser(owner, { except }, now) {
        const { records } = await good.enumerate(undefined, 1000, now)
        const found = records.filter((record) => record.key !== except && record.owner?.startsWith(owner))
        for (const { key } of found) void good.delete(key)
        return { handles: found.map(({ handle }) => handle) }
      },
    }),
    [
      'user index: deleteByUser removes every session and names the live ones',
      'user index: deleteByUser removes expired sessions without naming them',
      'user index: deleteByUser leaves other users and anonymous sessions alone',
      'user index: a session that changes user during deleteByUser is deleted or belongs to the new user',
    ],
  ],
  'with 32 bits for a duration': [
    storing(({ idleTimeout = 0 }) => ({ idleTimeout: idleTimeout | 0 })),
    [
      'commit writes everything it may change and nothing else',
      'create stores every property of a record',
      'user index: listByUser shows every property but the secret ones',
    ],
  ],
  'with 16 bits for a version': [
    storing(({ version = 0 }) => ({ version: version & 0x7fff })),
    [
      'commit writes everything it may change and nothing else',
      'create stores every property of a record',
      'user index: listByUser shows every property but the secret ones',
    ],
  ],
  'that sets every format to 2': [
    storing(() => ({ format: 2 })),
    ['a record of another format keeps that format or is refused with an error'],
  ],
  'that sorts the commit ids': [
    (good) => ({
      create: (record, now) => good.create({ ...record, commitIds: record.commitIds.toSorted() }, now),
    }),
    [
      'commit with the right version but a wrong commit id returns false and changes nothing',
      'create stores every property of a record',
    ],
  ],
  'whose commit resets createdAt': [
    (good) => ({
      commit(key, expected, change, now) {
        const isDone = good.commit(key, expected, change, now)
        if (isDone) overwrite(good, { ...(look(good, key) as SessionRecord), createdAt: now })
        return isDone
      },
    }),
    ['commit writes everything it may change and nothing else'],
  ],
  'whose touch resets createdAt': [
    (good) => ({
      touch(key, lastSeenAt, idleExpiresAt, now) {
        const wasThere = good.touch(key, lastSeenAt, idleExpiresAt, now)
        if (wasThere) overwrite(good, { ...(look(good, key) as SessionRecord), createdAt: now })
        return wasThere
      },
    }),
    ['touch moves both instants forward and leaves everything else unchanged'],
  ],
  'that truncates keys after 63 characters': [
    keyed((key) => key.slice(0, 63)),
    ['a key that is shorter, longer, upper-case or different at its end is another key'],
  ],
  'that finds a record by a prefix of its key': [
    (good) => ({
      read(key, now) {
        const { records } = good.enumerate(undefined, 1000, now) as { records: readonly SessionRecord[] }
        return good.read(key, now) ?? records.find((record) => record.key.startsWith(key))
      },
    }),
    ['a key that is shorter, longer, upper-case or different at its end is another key'],
  ],
  'that requires handles to be unique': [
    (good) => {
      const handles = new Set<string>()
      return {
        create(record, now) {
          if (handles.has(record.handle)) return false
          handles.add(record.handle)
          return good.create(record, now)
        },
      }
    },
    [
      'commit changes no other record',
      'user index: deleteByHandle leaves sessions of other users and anonymous ones alone',
      'user index: deleteByHandle removes every session of the user with that handle',
      'user index: deleteByHandle removes an expired session and answers whether one was live',
    ],
  ],
})
