// Reading objects that come from outside: records, changes, answers, responses. A package elsewhere in the
// process may have polluted Object.prototype (CWE-1321), which then lends a property to every object that
// lacks it: a second verifier to a record, a failure to a response.

const shared = Object.prototype as unknown as Record<PropertyKey, unknown>

/** The property that an object has itself or from its class; `undefined` where only `Object.prototype` has one. */
export function ownProperty<Source extends object, Name extends keyof Source>(
  source: Source,
  name: Name,
): Source[Name] | undefined {
  const value = source[name]
  return value === undefined || Object.hasOwn(source, name) || value !== shared[name] ? value : undefined
}
