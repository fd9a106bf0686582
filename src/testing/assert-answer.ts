// Assertions whose messages may be published in a report. A record contains session data and hashes,
// so a message names the properties that differ and never shows their values.

import assert from 'node:assert/strict'
import { inspect, isDeepStrictEqual } from 'node:util'
import type { SessionRecord } from '../contract/store.ts'

/** Asserts the answer of a verb. The message names the verb and, for records, the properties that differ. */
export function assertAnswer(verb: string, actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected))
    assert.deepEqual(actual, expected, `${verb} answered ${describeDifference(actual, expected)}`)
}

/** Asserts only the given properties of a record. */
export function assertHolds(
  verb: string,
  record: SessionRecord | undefined,
  expected: Partial<SessionRecord>,
): void {
  const names = Object.keys(expected) as (keyof SessionRecord)[]
  assertAnswer(verb, record && Object.fromEntries(names.map((name) => [name, record[name]])), expected)
}

/** Like {@link assertHolds}, but a rejection passes too: what a store cannot keep unchanged it must refuse. */
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

/** Describes the difference by property name, not by value. */
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
  return `a record that differs in ${names.join(', ') || 'prototype'}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** A value on one line. Lists and records are not shown, because they contain session data. */
function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  return isObject(value) ? 'a record' : inspect(value).slice(0, 60)
}
