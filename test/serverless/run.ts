import { execFileSync } from 'node:child_process'

const cwd = import.meta.dirname
execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd, stdio: 'inherit' })
execFileSync(process.execPath, ['--test', '--test-timeout=60000', 'serverless.mjs'], {
  cwd,
  stdio: 'inherit',
})
