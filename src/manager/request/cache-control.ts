// What a Cache-Control header says, and how to take back what it allows shared caches to do. RFC 9111,
// section 5.2, gives the grammar; many headers in use break it, and caches read those each in their own way.
// So a part that is not understood is never taken for a prohibition, and always for a permission it names.

/** One member of the list. A malformed one has no name. */
interface Directive {
  readonly text: string
  /** In lower case. */
  readonly name: string | undefined
  readonly hasArgument: boolean
}

const member = /(?:"(?:[^"\\]|\\.)*"|[^,"]|")+/gs
const wellFormed = /^([\w!#$%&'*+.^`|~-]+)(=(?:[\w!#$%&'*+.^`|~-]+|"(?:[^"\\]|\\.)*"))?$/s
const permission = /(?<![\w-])(?:public|s-maxage|proxy-revalidate)(?![\w-])/i
const preservation = /(?<![\w-])no-transform(?![\w-])/i

/** The members of a Cache-Control header, or of one of its kin; commas in quoted strings separate nothing. */
function parseDirectives(value: string): readonly Directive[] {
  const texts = (value.match(member) ?? []).map((text) => text.trim()).filter((text) => text !== '')
  return texts.map((text) => {
    const [, name, argument] = wellFormed.exec(text) ?? []
    return { text, name: name?.toLowerCase(), hasArgument: argument !== undefined }
  })
}

/** Whether a directive is there in the form that stands for the whole response: `private="a"` does not. */
function hasPlain(directives: readonly Directive[], wanted: string): boolean {
  return directives.some(({ name, hasArgument }) => name === wanted && !hasArgument)
}

/** Whether a directive is about shared caches alone, or may be taken for one that is. */
function isForSharedCaches({ name, text }: Directive): boolean {
  return permission.test(name ?? text)
}

/** Whether shared caches are told that they may keep the response (RFC 9111, sections 5.2.2.9 and 5.2.2.10). */
export function isMarkedPublic(value: string): boolean {
  if (value === '') return false
  const directives = parseDirectives(value)
  if (hasPlain(directives, 'no-store')) return false
  return directives.some((each) => each.name !== 'proxy-revalidate' && isForSharedCaches(each))
}

/**
 * Whether every shared cache reads the value as a prohibition. Nothing malformed, and nothing that says both:
 * a targeted header is a structured field, where the last of two members of one name counts (RFC 9213).
 */
export function forbidsSharedCaches(value: string): boolean {
  const directives = parseDirectives(value)
  const isClear = directives.every(
    (each) => each.name !== undefined && !isForSharedCaches(each) && !isQualified(each),
  )
  return isClear && (hasPlain(directives, 'no-store') || hasPlain(directives, 'private'))
}

/**
 * The same value for private caches only. Where something malformed had to be taken out, nobody can tell what
 * it was to say, and the response is kept by no cache.
 */
export function makePrivate(value: string): string {
  if (value === '') return 'private'
  const directives = parseDirectives(value)
  const kept = directives.filter((each) => !isForSharedCaches(each) && !isQualifiedPrivate(each))
  const isUnclear = directives.some((each) => each.name === undefined && isForSharedCaches(each))
  const forbids = hasPlain(kept, 'private') || (!isUnclear && hasPlain(kept, 'no-store'))
  const added = [...(forbids ? [] : ['private']), ...(isUnclear ? ['no-store'] : [])]
  if (added.length === 0 && kept.length === directives.length) return value
  return [...added, ...kept.map(({ text }) => text)].join(', ')
}

/** The value that lets no cache keep the response. What it says about transformations stays (RFC 9110, 7.7). */
export function forbidCaches(value: string): string {
  const preserves = parseDirectives(value).some(({ name, text }) => preservation.test(name ?? text))
  return preserves ? 'private, no-store, no-transform' : 'private, no-store'
}

/** `private="a"` allows shared caches to keep all but the field `a`. */
function isQualifiedPrivate({ name, hasArgument }: Directive): boolean {
  return name === 'private' && hasArgument
}

function isQualified(directive: Directive): boolean {
  return isQualifiedPrivate(directive) || (directive.name === 'no-store' && directive.hasArgument)
}
