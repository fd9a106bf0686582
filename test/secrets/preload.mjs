// Every process of a test run begins here, those of older versions of node too: they cannot be watched.
import * as module from 'node:module'

if (module.registerHooks && process.features.typescript) await import('./watch.ts')
