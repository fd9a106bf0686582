import { SessionConflictError } from '../../../src/contract/errors.ts'
import type { ExchangeAnswer } from '../../../src/manager/request/exchange.ts'
import type { SessionHeaders } from '../../../src/manager/request/headers.ts'
import type { Awaitable } from '../../../src/contract/store.ts'
import { isEnding, isRotation } from '../history.ts'
import type { RequestRecord, Step } from '../history.ts'
import { HandlerError, isAwaited, viewOf, perform } from './perform.ts'
import type { LooseManager, LooseSession } from './perform.ts'
import { openExchange } from '../../core/harness.ts'

/** What a request needs from the world around it. */
export interface RequestContext {
  readonly now: () => number
  readonly tick: () => number
  /** Resolves when the scheduler lets the handler continue. */
  readonly turn: (record: RequestRecord) => Promise<void>
  /** Hands the response to the network. */
  readonly send: (record: RequestRecord, headers: SessionHeaders) => void
  readonly note: (text: () => string) => void
}

/** Serves a request from its cookie to the end of its response, playing both the adapter and the handler. */
export async function serveRequest(
  context: RequestContext,
  manager: LooseManager,
  record: RequestRecord,
): Promise<void> {
  const cookie = record.token && `session_id=${record.token}`
  const exchange = await timed(context, record, openExchange(manager, { cookie, secure: false }))
  const { session } = exchange
  try {
    record.view = viewOf(session)
  } catch (error) {
    record.viewError = error
  }
  context.note(() => `request ${record.id} has loaded: ${describeView(record)}`)
  const { operations } = record.plan
  const head = operations.includes('head') ? operations.indexOf('head') : operations.length
  let isLate = false
  const onLateChange = (): void => void (isLate = true)
  const respond = async (isFailing: boolean): Promise<void> => {
    noteShown(record, session)
    try {
      const answer: ExchangeAnswer = isFailing
        ? { hasFailed: true, onLateChange }
        : { status: 200, onLateChange }
      const headers = await timed(context, record, exchange.conclude(answer))
      // A creation that was under way has settled which session the new token belongs to.
      noteShown(record, session)
      if (!isFailing) acknowledge(context, record)
      end(context, record, isFailing ? 'thrown' : 'answered')
      context.send(record, headers)
    } catch (error) {
      refuse(record, error)
      record.error = error
      end(context, record, 'failed')
    }
  }
  try {
    await runSteps(context, manager, session, record, [0, head])
  } catch (error) {
    record.error = error
    return respond(true)
  }
  await context.turn(record)
  await respond(false)
  await runSteps(context, manager, session, record, [head + 1, operations.length]).catch(() => {})
  await context.turn(record)
  if (isLate) await timed(context, record, exchange.finish())
}

async function runSteps(
  context: RequestContext,
  manager: LooseManager,
  session: LooseSession,
  record: RequestRecord,
  [start, end]: readonly [number, number],
): Promise<void> {
  for (let index = start; index < end; index += 1) {
    await context.turn(record)
    const operation = record.plan.operations[index]
    if (operation === undefined) return
    const step: Step = {
      operation,
      index,
      startedAt: context.tick(),
      endedAt: undefined,
      acknowledgedAt: undefined,
      isRefused: false,
      isWithdrawn: false,
    }
    record.steps.push(step)
    await runStep(context, manager, session, record, step)
    const { error } = step
    context.note(
      () => `request ${record.id} runs ${operation}${error ? `, which throws ${String(error)}` : ''}`,
    )
    if (error instanceof HandlerError || (error !== undefined && !record.plan.isTolerant)) throw error
  }
}

async function runStep(
  context: RequestContext,
  manager: LooseManager,
  session: LooseSession,
  record: RequestRecord,
  step: Step,
): Promise<void> {
  try {
    if (isAwaited(step.operation) || step.operation === 'save unawaited') noteShown(record, session)
    const result = perform(manager, session, step.operation, `own-${record.id}-${step.index}`)
    if (isRotation(step)) noteShown(record, session)
    if (step.operation === 'save unawaited')
      void (result as Promise<unknown>).catch((error) => refuse(record, error))
    step.result = isAwaited(step.operation) ? await timed(context, record, result) : result
    step.endedAt = context.tick()
    if (isRotation(step)) noteShown(record, session)
    if (isAwaited(step.operation)) acknowledge(context, record)
    if (isEnding(step)) for (const earlier of record.steps) earlier.isWithdrawn = earlier !== step
  } catch (error) {
    if (isAwaited(step.operation)) refuse(record, error)
    step.error = error
    step.endedAt = context.tick()
  }
}

/** A conflict was told: what was not acknowledged by then may be lost. */
function refuse({ steps }: RequestRecord, error: unknown): void {
  if (!(error instanceof SessionConflictError)) return
  for (const step of steps) step.isRefused ||= step.acknowledgedAt === undefined
}

/** Marks all steps as acknowledged, unless changes were dropped. */
function acknowledge(context: RequestContext, record: RequestRecord): void {
  if (record.drops.length > 0) return
  for (const step of record.steps) if (!step.isRefused) step.acknowledgedAt ??= context.tick()
}

function end(context: RequestContext, record: RequestRecord, outcome: RequestRecord['outcome']): void {
  record.respondedAt = context.tick()
  if (record.outcome === 'running') record.outcome = outcome
  const error = record.error === undefined ? '' : `, ${String(record.error)}`
  context.note(() => `request ${record.id} is ${outcome}${error}`)
}

/** Reads the token only after a rotation, because reading `session.id` creates a token. */
function noteShown(record: RequestRecord, session: LooseSession): void {
  if (!record.steps.some(isRotation)) return
  try {
    if (!record.shown.includes(session.id)) record.shown.push(session.id)
  } catch {
    // A destroyed session has no token.
  }
}

async function timed<Value>(
  context: RequestContext,
  record: RequestRecord,
  wait: Awaitable<Value>,
): Promise<Value> {
  const began = context.now()
  try {
    return await wait
  } finally {
    record.waits.push(context.now() - began)
  }
}

function describeView({ view, viewError }: RequestRecord): string {
  if (!view) return String(viewError)
  return view.isNew ? 'a visitor' : `${view.userId ?? 'anonymous'}, ${JSON.stringify(view.values)}`
}
