declare module 'session-file-store' {
  import type session from 'express-session'

  interface FileStoreOptions {
    path: string
    retries: number
    reapInterval: number
    logFn: () => void
  }
  export default function createFileStore(
    express: typeof session,
  ): new (options: FileStoreOptions) => session.Store
}
