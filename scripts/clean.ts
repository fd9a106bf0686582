// Removes the last build: a file that was renamed or deleted in src must not stay in the package.

import { rmSync } from 'node:fs'

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true })
