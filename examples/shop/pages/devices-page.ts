import type { SessionSummary } from 'coatcheck'
import type { Visitor } from '../visitor.ts'
import { renderTime } from './format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { renderPage } from './layout.ts'

/** @param current - The handle of the visitor's own session. */
export function renderDevicesPage(
  visitor: Visitor,
  devices: readonly SessionSummary[],
  current: string,
): Html {
  const content = html`
    <p>You are signed in on these devices:</p>
    <ul class="lines">${devices.map((device) => renderDevice(device, device.handle === current))}</ul>
    ${devices.length > 1 ? renderSignOutOthers() : undefined}`
  return renderPage('My devices', content, visitor)
}

function renderDevice({ handle, details, createdAt, lastSeenAt }: SessionSummary, isCurrent: boolean): Html {
  const name = details ?? 'Unknown browser'
  const action = isCurrent ? '/logout' : `/devices/${handle}/revoke`
  return html`
    <li>
      <h2>${name} ${isCurrent ? html`<span class="mark">this device</span>` : undefined}</h2>
      <p>First seen ${renderTime(createdAt)}, last seen ${renderTime(lastSeenAt)}</p>
      <form method="post" action="${action}"><button class="quiet" aria-label="Sign out of ${name}">Sign out</button></form>
    </li>`
}

function renderSignOutOthers(): Html {
  return html`
    <form class="onward" method="post" action="/devices/revoke-others">
      <button>Sign out of all other devices</button>
    </form>`
}
