// Types derived from the application's data. A session gets its types from its manager, or, everywhere
// at once, from an augmented `SessionData`.

/**
 * The data of a session, by name. Augment it once to type `getSession` everywhere. If it stays empty,
 * every name is allowed and its value is `unknown`.
 *
 * @example
 * ```ts
 * declare module 'coatcheck' {
 *   interface SessionData {
 *     cart: { sku: string; count: number }[]
 *   }
 * }
 * ```
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- an empty interface is what can be augmented
export interface SessionData {}

/** The declared data, or any names with `unknown` values if none are declared. */
export type DataOf<Data> = [keyof Data] extends [never] ? Record<string, unknown> : Data

/** The names of a session's values. */
export type NameOf<Data> = keyof DataOf<Data> & string

/** The type of a value that `set` accepts. */
export type ValueOf<Data, Name extends NameOf<Data>> = Exclude<DataOf<Data>[Name], undefined>

/** Types that {@link Frozen} leaves alone. */
type Leaf =
  | string
  | number
  | boolean
  | bigint
  | null
  | undefined
  | Date
  | RegExp
  | URL
  | ArrayBufferLike
  | ArrayBufferView

/** The type of a value that `get` returns: objects and arrays are deeply read-only. */
export type Frozen<Value> = Value extends Leaf
  ? Value
  : Value extends Map<infer Key, infer Each>
    ? ReadonlyMap<Key, Each>
    : Value extends Set<infer Each>
      ? ReadonlySet<Each>
      : Value extends object
        ? { readonly [Name in keyof Value]: Frozen<Value[Name]> }
        : Value
