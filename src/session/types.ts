// Types that follow from the application's own. A session is typed by its manager, or everywhere at
// once by augmenting `SessionData`.

/**
 * The data of a session, by name. Augment it once and `getSession` is typed everywhere; leave it
 * empty and any name holds `unknown`.
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

/**
 * Loose names where an application has declared none.
 *
 * @example
 * ```ts
 * const data: DataOf<{ theme: string }> = { theme: 'dark' }
 * const anything: DataOf<{}> = { whatever: 1 }
 * ```
 */
export type DataOf<Data> = [keyof Data] extends [never] ? Record<string, unknown> : Data

/**
 * The names of a session's values.
 *
 * @example
 * ```ts
 * const names: NameOf<{ theme: string; cart: string[] }>[] = ['theme', 'cart']
 * ```
 */
export type NameOf<Data> = keyof DataOf<Data> & string

/**
 * A value as it was set.
 *
 * @example
 * ```ts
 * const theme: ValueOf<{ theme?: 'light' | 'dark' }, 'theme'> = 'dark'
 * ```
 */
export type ValueOf<Data, Name extends NameOf<Data>> = Exclude<DataOf<Data>[Name], undefined>

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

/**
 * A value as it is read: plain objects and arrays are frozen, all the way down.
 *
 * @example
 * ```ts
 * function count(cart: Frozen<{ sku: string }[]> = []): number {
 *   return cart.length // cart.push(…) does not compile
 * }
 * ```
 */
export type Frozen<Value> = Value extends Leaf
  ? Value
  : Value extends Map<infer Key, infer Each>
    ? ReadonlyMap<Key, Each>
    : Value extends Set<infer Each>
      ? ReadonlySet<Each>
      : Value extends object
        ? { readonly [Name in keyof Value]: Frozen<Value[Name]> }
        : Value
