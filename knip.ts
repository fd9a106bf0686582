import type { KnipConfig } from 'knip'
import { entries } from './scripts/entries.ts'

const config: KnipConfig = {
  entry: [
    ...entries.map(({ source }) => source),
    'examples/shop/server.ts',
    'bench/**/*.ts',
    'scripts/*.ts',
    'test/**/*.{ts,mjs}',
  ],
  project: ['{src,examples,bench,scripts,test}/**/*.{ts,mjs}'],
  ignoreDependencies: [
    'pino',
    'better-sqlite3',
    '@arethetypeswrong/cli',
    'publint',
    'connect-flash',
    '@types/connect-flash',
    '@codegenie/serverless-express',
    '@h4ad/serverless-adapter',
    '@vendia/serverless-express',
    'serverless-http',
  ],
  ignoreBinaries: ['mount', 'umount'],
}

export default config
