import type { SessionHeaders } from '../../../src/manager/session-headers.ts'
import type { SessionManager } from '../../../src/manager/session-manager.ts'
import type { Awaitable } from '../../../src/store.ts'
import { isEnding, isRotation } from '../history.ts'
import type { RequestRecord, Step } from '../history.ts'
import { HandlerError, isAwaited, look, perform } from './perform.ts'
import type { LooseSession } from './perform.ts'

/** What a request needs of the world around it. */
export interface Stage {
  readonly now: () => number
  readonly tick: () => number
  /** Resolves when the scheduler lets the handler go on. */
  readonly turn: (record: RequestRecord) => Promise<void>
  /** Hands the response to the network. */
  readonly send: (record: RequestRecord, headers: SessionHeaders) => void
  readonly note: (text: () => string) => void
}

type Manager = SessionManager<Record<string, unknown>>

/** One request from load to the end, as an adapter and a handler make it. */
export async function serveRequest(stage: Stage, manager: Manager, record: RequestRecord): Promise<void> {
  const cookie = record.token && `session_id=${record.token}`
  const session = await timed(stage, record, manager.load({ cookie, secure: false }))
  try {
    record.view = look(session)
  } catch (error) {
    record.viewError = error
  }
  stage.note(() => `request ${record.id} has loaded: ${describeView(record)}`)
  const { operations } = record.plan
  const head = operations.includes('head') ? operations.indexOf('head') : operations.length
  let isLate = false
  const onLateChange = (): void => void (isLate = true)
  const respond = async (isFailing: boolean): Promise<void> => {
    noteShown(record, session)
    const status = isFailing ? 500 : 200
    try {
      const response = { status, hasFailed: isFailing, onLateChange }
      const headers = await timed(stage, record, manager.commit(session, response))
      if (!isFailing) acknowledge(stage, record)
      end(stage, record, isFailing ? 'thrown' : 'answered')
      stage.send(record, headers)
    } catch (error) {
      record.error = error
      end(stage, record, 'failed')
    }
  }
  try {
    await runSteps(stage, session, record, 0, head)
  } catch (error) {
    record.error = error
    return respond(true)
  }
  await stage.turn(record)
  await respond(false)
  await runSteps(stage, session, record, head + 1, operations.length).catch(() => {})
  await stage.turn(record)
  if (isLate) await timed(stage, record, manager.finish(session))
}

async function runSteps(
  stage: Stage,
  session: LooseSession,
  record: RequestRecord,
  start: number,
  end: number,
): Promise<void> {
  for (let index = start; index < end; index += 1) {
    await stage.turn(record)
    const operation = record.plan.operations[index]
    if (operation === undefined) return
    const step: Step = {
      operation,
      index,
      startedAt: stage.tick(),
      endedAt: undefined,
      acknowledgedAt: undefined,
      isWithdrawn: false,
    }
    record.steps.push(step)
    await runStep(stage, session, record, step)
    const { error } = step
    stage.note(
      () => `request ${record.id} runs ${operation}${error ? `, which throws ${String(error)}` : ''}`,
    )
    if (error instanceof HandlerError || (error !== undefined && !record.plan.isTolerant)) throw error
  }
}

async function runStep(
  stage: Stage,
  session: LooseSession,
  record: RequestRecord,
  step: Step,
): Promise<void> {
  try {
    if (isAwaited(step.operation) || step.operation === 'save unawaited') noteShown(record, session)
    const result = perform(session, step.operation, `own-${record.id}-${step.index}`)
    step.result = isAwaited(step.operation) ? await timed(stage, record, result) : result
    step.endedAt = stage.tick()
    if (isRotation(step)) noteShown(record, session)
    if (isAwaited(step.operation)) acknowledge(stage, record)
    if (isEnding(step)) for (const earlier of record.steps) earlier.isWithdrawn = earlier !== step
  } catch (error) {
    step.error = error
    step.endedAt = stage.tick()
  }
}

/** Nothing was dropped, and somebody was told that all is saved. */
function acknowledge(stage: Stage, record: RequestRecord): void {
  if (record.drops.length > 0) return
  for (const step of record.steps) step.acknowledgedAt ??= stage.tick()
}

function end(stage: Stage, record: RequestRecord, outcome: RequestRecord['outcome']): void {
  record.respondedAt = stage.tick()
  if (record.outcome === 'running') record.outcome = outcome
  const error = record.error === undefined ? '' : `, ${String(record.error)}`
  stage.note(() => `request ${record.id} is ${outcome}${error}`)
}

/** Reads the token only where it was replaced: reading one makes one. */
function noteShown(record: RequestRecord, session: LooseSession): void {
  if (!record.steps.some(isRotation)) return
  try {
    if (!record.shown.includes(session.id)) record.shown.push(session.id)
  } catch {
    // A session that was destroyed has no token.
  }
}

async function timed<Value>(stage: Stage, record: RequestRecord, wait: Awaitable<Value>): Promise<Value> {
  const began = stage.now()
  try {
    return await wait
  } finally {
    record.waits.push(stage.now() - began)
  }
}

function describeView({ view, viewError }: RequestRecord): string {
  if (!view) return String(viewError)
  return view.isNew ? 'a visitor' : `${view.userId ?? 'anonymous'}, ${JSON.stringify(view.values)}`
}
