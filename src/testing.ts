// The entry `coatcheck/testing`, for testing an application (`fakeClock`, `signIn`, `rehearse`),
// for writing a store (`casesFor`, `checkPromises`) and for writing an adapter (`scenariosFor`). It
// works with any test runner and depends on none.

export type {
  AdapterFeature,
  AdapterScenario,
  Reply,
  Route,
  Routes,
  RunningServer,
  TestedAdapter,
} from './testing/adapter-scenario.ts'
export { adapterScenarios, scenariosFor } from './testing/adapter-scenarios.ts'
export { checkPromises } from './testing/check-promises.ts'
export type {
  CheckOptions,
  CheckedPromise,
  FailedCase,
  OpenedStore,
  PromiseReport,
} from './testing/check-promises.ts'
export { fakeClock } from './testing/fake-clock.ts'
export type { FakeClock } from './testing/fake-clock.ts'
export { formatReports } from './testing/format-reports.ts'
export { RehearsalError } from './testing/rehearsal-error.ts'
export { rehearse } from './testing/rehearse.ts'
export { expectationOf, sampleChange, sampleOwner, sampleRecord } from './testing/sample-record.ts'
export { signIn } from './testing/sign-in.ts'
export type { InitialData } from './testing/sign-in.ts'
export { storeCaseContext } from './testing/store-case.ts'
export type { StoreCase, StoreCaseContext, StoreCaseOptions } from './testing/store-case.ts'
export { casesFor, storeCases } from './testing/store-promises.ts'
