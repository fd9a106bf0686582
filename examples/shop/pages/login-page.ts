import { demoPasswords } from '../users.ts'
import type { Visitor } from '../visitor.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { layOut } from './layout.ts'

/** @param failedName - The name of an attempt that failed. */
export function loginPage(visitor: Visitor, failedName?: string): Html {
  const failure = html`<p class="failure" role="alert">That name and password do not belong together.</p>`
  const content = html`
    ${failedName === undefined ? undefined : failure}
    <form class="sheet" method="post" action="/login">
      <label>Name <input name="name" value="${failedName}" autocomplete="username" required></label>
      <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
      <button>Sign in</button>
    </form>
    <p>Two people have an account here:</p>
    <ul>${Object.entries(demoPasswords).map(showDemoUser)}</ul>`
  return layOut('Sign in', content, visitor)
}

function showDemoUser([name, password]: [string, string]): Html {
  return html`<li><code>${name}</code> with <code>${password}</code></li>`
}
