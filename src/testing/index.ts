// The entry point `coatcheck/testing`, for testing an application (`fakeClock`, `signIn`, `rehearse`),
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
} from './adapter-scenario.ts'
export { adapterScenarios, scenariosFor } from './adapter-scenarios.ts'
export { checkPromises } from './check-promises.ts'
export type {
  CheckOptions,
  CheckedPromise,
  FailedCase,
  OpenedStore,
  PromiseReport,
} from './check-promises.ts'
export { fakeClock } from './fake-clock.ts'
export type { FakeClock } from './fake-clock.ts'
export { formatReports } from './format-reports.ts'
export { RehearsalError } from './rehearsal-error.ts'
export { rehearse } from './rehearse.ts'
export { expectationOf, sampleChange, sampleOwner, sampleRecord } from './sample-record.ts'
export { signIn } from './sign-in.ts'
export type { InitialData } from './sign-in.ts'
export { storeCaseContext } from './store-case.ts'
export type { StoreCase, StoreCaseContext, StoreCaseOptions } from './store-case.ts'
export { casesFor, storeCases } from './store-promises.ts'
