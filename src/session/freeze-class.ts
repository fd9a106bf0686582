// A session's methods are one for all sessions. What another library writes on one of them, as connect-flash
// does with `request.session.flash`, would be seen by every visitor.

/** Freezes a class, its prototype and each method and accessor, so that nothing can be kept on what all instances share. */
export function freezeClass(frozen: { readonly prototype: object }): void {
  for (const shared of [frozen, frozen.prototype]) {
    for (const key of Reflect.ownKeys(shared)) {
      const { value, get, set } = Reflect.getOwnPropertyDescriptor(shared, key) as PropertyDescriptor
      for (const each of [value, get, set]) if (typeof each === 'function') Object.freeze(each)
    }
    Object.freeze(shared)
  }
}
