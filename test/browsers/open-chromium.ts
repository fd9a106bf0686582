import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** Only this machine can be resolved, so a page that loads something from another host fails at once. */
const withoutOutside = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1'

/** Starts headless Chromium. */
export async function openChromium(): Promise<Browser> {
  if (existsSync(executablePath)) return chromium.launch({ executablePath, args: [withoutOutside] })
  throw new Error(`there is no Chromium at ${executablePath}: install Debian's package, or set CHROMIUM`)
}
