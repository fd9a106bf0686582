import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** No name but this machine's leads anywhere: a page that asks for another host fails at once. */
const withoutOutside = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1'

/** Chromium without a window. */
export async function openChromium(): Promise<Browser> {
  if (existsSync(executablePath)) return chromium.launch({ executablePath, args: [withoutOutside] })
  throw new Error(`there is no Chromium at ${executablePath}: install Debian's package, or set CHROMIUM`)
}
