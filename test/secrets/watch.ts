import './run.ts'
import { watchErrors } from './watch-errors.ts'
import { watchLibrary } from './watch-library.ts'
import { watchOutput } from './watch-output.ts'
import { watchResponses } from './watch-responses.ts'

/** Loaded before anything else: whatever this process shows from now on is searched for tokens. */
watchLibrary()
watchResponses()
watchOutput()
watchErrors()
