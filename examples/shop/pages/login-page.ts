import { demoPasswords } from '../users.ts'
import type { Visitor } from '../visitor.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { renderPage } from './layout.ts'

/**
 * @param from - The page to return to.
 * @param failedName - The name that was entered in a failed attempt.
 */
export function renderLoginPage(visitor: Visitor, from: string, failedName?: string): Html {
  const failure = html`<p class="failure" role="alert">The name or password is incorrect.</p>`
  const content = html`
    <form class="sheet" method="post" action="/login">
      ${failedName === undefined ? undefined : failure}
      <input type="hidden" name="from" value="${from}">
      <label>Name <input name="name" value="${failedName}" autocomplete="username" required></label>
      <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
      <button>Sign in</button>
    </form>
    <p>Try it with one of these accounts:</p>
    <ul>${Object.entries(demoPasswords).map(renderDemoUser)}</ul>`
  return renderPage('Sign in', content, visitor)
}

function renderDemoUser([name, password]: [string, string]): Html {
  return html`<li>Name <code>${name}</code>, password <code>${password}</code></li>`
}
