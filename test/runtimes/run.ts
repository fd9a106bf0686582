import { execFileSync } from 'node:child_process'

const folder = import.meta.dirname
execFileSync('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts'], {
  cwd: folder,
  stdio: 'inherit',
})
for (const node of [`${folder}/node_modules/node22/bin/node`, process.execPath]) {
  execFileSync(node, [`${folder}/smoke.mjs`], { stdio: 'inherit' })
}
