import { addressFields, maxFieldLength } from '../checkout.ts'
import type { Address, AddressField, AddressProblems } from '../checkout.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'

const fields: Record<AddressField, { label: string; autocomplete: string; missing: string }> = {
  name: { label: 'Name', autocomplete: 'name', missing: 'Please enter your name.' },
  street: {
    label: 'Street address',
    autocomplete: 'street-address',
    missing: 'Please enter your street and number.',
  },
  postcode: { label: 'Postcode', autocomplete: 'postal-code', missing: 'Please enter your postcode.' },
  city: { label: 'City', autocomplete: 'address-level2', missing: 'Please enter your city.' },
}

export function renderAddressForm(address: Address | undefined, problems: AddressProblems): Html {
  return html`
    <form class="sheet" method="post" action="/checkout/address" novalidate>
      ${addressFields.map((field) => renderField(field, address?.[field], problems[field]))}
      <button>Continue to delivery</button>
    </form>`
}

function renderField(
  field: AddressField,
  value: string | undefined,
  problem: AddressProblems[AddressField],
): Html {
  const { label, autocomplete, missing } = fields[field]
  const text = problem === 'missing' ? missing : `Please use at most ${maxFieldLength} characters.`
  return html`
    <div class="field">
      <label for="${field}">${label}</label>
      <input id="${field}" name="${field}" value="${value}" autocomplete="${autocomplete}" maxlength="${maxFieldLength}" required
        ${problem && html`aria-invalid="true" aria-describedby="${field}-problem"`}>
      ${problem && html`<p id="${field}-problem" class="problem">${text}</p>`}
    </div>`
}
