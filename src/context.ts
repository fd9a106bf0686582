// The entry `coatcheck/context`: the current session for code that has no request object.

export { currentSession } from './session/current-session.ts'
