/** Markup in which every value has been escaped. */
export class Html {
  readonly #markup: string

  constructor(markup: string) {
    this.#markup = markup
  }

  toString(): string {
    return this.#markup
  }
}

/** What a template may contain. Everything except {@link Html} is escaped. */
export type HtmlPart = Html | string | number | undefined | readonly HtmlPart[]

/**
 * Creates markup. Every `${}` is escaped, for use in text and in quoted attributes.
 *
 * @example
 * ```ts
 * html`<p title="${title}">Hello ${name}</p>`
 * ```
 */
export function html(strings: TemplateStringsArray, ...parts: HtmlPart[]): Html {
  return new Html(String.raw({ raw: strings }, ...parts.map(render)))
}

function render(part: HtmlPart): string {
  if (part === undefined) return ''
  if (part instanceof Html) return part.toString()
  if (typeof part === 'object') return part.map(render).join('')
  return escape(String(part))
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
