// Assertions whose messages can be shown in a report. A record holds session data and hashes, so a
// message names the properties that differ and never the record.

import assert from 'node:assert/strict'
import { inspect, isDeepStrictEqual } from 'node:util'
import type { SessionRecord } from '../store.ts'

/** Fails unless a verb answered what it should. The message has the verb, and of records the properties that differ. */
export function assertAnswer(verb: string, actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected))
    assert.deepEqual(actual, expected, `${verb} answered ${describeDifference(actual, expected)}`)
}

/** The same for a few properties of a record. */
export function assertHolds(
  verb: string,
  record: SessionRecord | undefined,
  expected: Partial<SessionRecord>,
): void {
  const names = Object.keys(expected) as (keyof SessionRecord)[]
  assertAnswer(verb, record && Object.fromEntries(names.map((name) => [name, record[name]])), expected)
}

/** The same where a store may reject instead: what it cannot keep as it is, it must refuse. */
export async function assertHoldsOrRefuses(
  verb: string,
  find: () => Promise<SessionRecord | undefined>,
  expected: Partial<SessionRecord>,
): Promise<void> {
  let record: SessionRecord | undefined
  try {
    record = await find()
  } catch {
    return
  }
  assertHolds(verb, record, expected)
}

/** What differs, by name and not by content. */
function describeDifference(actual: unknown, expected: unknown): string {
  if (Array.isArray(actual) && Array.isArray(expected)) {
    if (actual.length !== expected.length) return `${actual.length} items, not ${expected.length}`
    const index = actual.findIndex((item, place) => !isDeepStrictEqual(item, expected[place]))
    return `as item ${index} ${describeDifference(actual[index], expected[index])}`
  }
  if (!isObject(actual) || !isObject(expected)) return `${show(actual)}, not ${show(expected)}`
  const names = Object.keys({ ...expected, ...actual }).filter(
    (name) =>
      Object.hasOwn(actual, name) !== Object.hasOwn(expected, name) ||
      !isDeepStrictEqual(actual[name], expected[name]),
  )
  return `a record with another ${names.join(', ') || 'prototype'}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** A value that is no record, short enough for one line. */
function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  return isObject(value) ? 'a record' : inspect(value).slice(0, 60)
}
