// The one seam between values and text. A codec of the application's, for dates of a library or for
// encryption, goes here.

/**
 * Turns one value of the session into text and back. The built-in codec is lossless for all that
 * {@link losslessCodec} lists; pass your own as the `codec` option to carry further types.
 *
 * @example
 * ```ts
 * import superjson from 'superjson'
 * createSessionManager({ codec: { encode: superjson.stringify, decode: superjson.parse } })
 * ```
 */
export interface Codec {
  /** The text of a value. Must throw a `TypeError` for what it cannot carry. */
  encode(value: unknown): string
  /** The value of a text. May throw anything: the session then counts as unreadable. */
  decode(text: string): unknown
}
