import * as fc from 'fast-check'

/** What an option, a record or a header may be if nobody has looked at it. */
export const anyValue = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
})

function fail(): never {
  throw new Error('a trap')
}

function createRevoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

/** Objects that throw, each in another way, at whoever looks at them. fast-check would look at them, too. */
export const treacherous: readonly object[] = [
  createRevoked(),
  new Proxy({}, { get: fail }),
  new Proxy({}, { ownKeys: fail }),
  new Proxy(
    {},
    { getPrototypeOf: fail, getOwnPropertyDescriptor: fail, has: fail, ownKeys: fail, get: fail },
  ),
  new Proxy(() => {}, { apply: fail, get: fail }),
  { toString: fail, valueOf: fail, toJSON: fail, [Symbol.toPrimitive]: fail },
]
