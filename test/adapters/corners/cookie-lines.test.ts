import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withSession } from '../../../src/node.ts'
import { createSessionManager } from '../../../src/index.ts'
import { Browser } from '../../core/harness.ts'
import type { Loose } from '../../core/harness.ts'
import { openWire, protocols } from './wire.ts'

const other = `session_id=${'0'.repeat(64)}`

// RFC 9113, section 8.2.3: http2 may split the Cookie header into one line for each pair.
for (const protocol of protocols) {
  const lines: Record<string, (cookie: string) => { lines: string[]; user: string }> = {
    'a session cookie in the second line is used': (cookie) => ({ lines: ['a=1; b=2', cookie], user: 'u_1' }),
    'a session cookie in the first line is used': (cookie) => ({ lines: [cookie, 'a=1'], user: 'u_1' }),
    'a session cookie among many lines is used': (cookie) => ({
      lines: ['a=1', 'b=2', `c=3; ${cookie}`, 'd=4'],
      user: 'u_1',
    }),
    'the same value twice counts once': (cookie) => ({ lines: [cookie, cookie], user: 'u_1' }),
    'of two different values the one that opens a session is used': (cookie) => ({
      lines: [cookie, other],
      user: 'u_1',
    }),
    'a comma between two pairs is not a separator': (cookie) => ({
      lines: [`a=1, ${cookie}`],
      user: 'nobody',
    }),
  }
  for (const [name, write] of Object.entries(lines)) {
    test(`${name}, on ${protocol}`, async () => {
      const sessions = createSessionManager<Loose>()
      const browser = new Browser(sessions)
      await browser.visit((session) => session.login('u_1'))
      await using wire = await openWire(
        protocol,
        withSession((request, response) => {
          response.end(`user ${sessions.get(request).userId ?? 'nobody'}`)
        }, sessions),
      )
      const { lines, user } = write(browser.cookie as string)
      const connection = protocol === 'http2' ? {} : { Connection: 'close' }
      const received = await wire.send({ headers: { ...connection, Cookie: lines } }).done
      assert.match(received, new RegExp(`user ${user}$`))
    })
  }
}
