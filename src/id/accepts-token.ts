// Whether a token opens a record.

import type { SessionRecord } from '../contract/store.ts'
import { ownProperty } from '../own-property.ts'
import { isSameHash } from './hash.ts'
import type { TokenHashes } from './token-hash-cache.ts'

/** Whether a token's verifier is the record's, or its previous one within the grace of a rotation. */
export function acceptsToken(record: SessionRecord, presented: TokenHashes, now: number): boolean {
  return (
    isSameHash(presented.verifierHash, record.verifierHash) ||
    (now < (ownProperty(record, 'graceUntil') ?? 0) &&
      isSameHash(presented.verifierHash, ownProperty(record, 'previousVerifierHash')))
  )
}
