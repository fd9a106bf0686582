import type { SessionSummary } from 'coatcheck'
import type { Visitor } from '../visitor.ts'
import { showTime } from './format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { layOut } from './layout.ts'

/** @param current - The handle of the session that looks at the list. */
export function devicesPage(visitor: Visitor, devices: readonly SessionSummary[], current: string): Html {
  const content = html`
    <p>You are signed in here:</p>
    <ul class="lines">${devices.map((device) => showDevice(device, device.handle === current))}</ul>
    ${devices.length > 1 ? showSignOutOthers() : undefined}`
  return layOut('My devices', content, visitor)
}

function showDevice({ handle, details, createdAt, lastSeenAt }: SessionSummary, isCurrent: boolean): Html {
  const action = isCurrent ? '/logout' : `/devices/${handle}/revoke`
  return html`
    <li>
      <h2>${details ?? 'A browser'} ${isCurrent ? html`<span class="mark">this one</span>` : undefined}</h2>
      <p>Since ${showTime(createdAt)}, last used ${showTime(lastSeenAt)}</p>
      <form method="post" action="${action}"><button class="quiet">Sign out ${isCurrent ? 'here' : 'there'}</button></form>
    </li>`
}

function showSignOutOthers(): Html {
  return html`
    <form class="onward" method="post" action="/devices/revoke-others">
      <button>Sign out everywhere else</button>
    </form>`
}
