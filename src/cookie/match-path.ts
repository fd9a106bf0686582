// Whether the browser will send the cookie back. A session that is made outside of its cookie's path could never be
// opened, and its cookie would replace the one of the session inside.

import type { CookieSettings } from './cookie-options.ts'

/**
 * Whether a request's path matches the cookie's (RFC 6265, section 5.1.4). The path is the one that the server
 * sees; what a proxy has taken off is put back first.
 */
export function matchesPath({ path, basePath }: CookieSettings, requestPath: string): boolean {
  if (path === '/') return true
  const whole = `${basePath}${requestPath}`
  return whole === path || (whole.startsWith(path) && (path.endsWith('/') || whole[path.length] === '/'))
}
