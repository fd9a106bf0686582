import type { SessionSummary } from 'coatcheck'
import type { Visitor } from '../visitor.ts'
import { renderDay, renderTime } from './format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { renderPage } from './layout.ts'

/**
 * Lists the visitor's own device first.
 *
 * @param current - The handle of the visitor's own session.
 */
export function renderDevicesPage(
  visitor: Visitor,
  devices: readonly SessionSummary[],
  current: string,
): Html {
  const own = devices.filter(({ handle }) => handle === current)
  const others = devices.filter(({ handle }) => handle !== current)
  const content = html`
    <p>You are signed in on these devices:</p>
    <ul class="lines">
      ${own.map((device) => renderDevice(device, '/logout', html`<span class="mark">this device</span>`))}
      ${others.map((device) => renderDevice(device, `/devices/${device.handle}/revoke`))}
    </ul>
    ${others.length > 0 ? renderSignOutOthers() : undefined}`
  return renderPage('My devices', content, visitor)
}

function renderDevice(device: SessionSummary, action: string, mark?: Html): Html {
  const { details: name = 'Unknown browser', createdAt, authenticatedAt = createdAt, lastSeenAt } = device
  return html`
    <li>
      <h2>${name} ${mark}</h2>
      <p>Last used ${renderTime(lastSeenAt)}, signed in ${renderDay(authenticatedAt)}</p>
      <form method="post" action="${action}"><button class="quiet" aria-label="Sign out of ${name}${mark && ' (this device)'}">Sign out</button></form>
    </li>`
}

function renderSignOutOthers(): Html {
  return html`
    <form class="onward" method="post" action="/devices/revoke-others">
      <button>Sign out of all other devices</button>
    </form>`
}
