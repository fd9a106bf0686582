// The interface between values and text, and where an application plugs in its own codec, for
// example for the date type of a library or for encryption.

/**
 * Converts one value of the session to text and back. The built-in {@link losslessCodec} lists the
 * types it preserves; to support others, pass a codec of your own as the `codec` option.
 */
export interface Codec {
  /** Returns the text of a value. Must throw a `TypeError` for a value that it cannot encode. */
  encode(value: unknown): string
  /** Returns the value of a text. May throw anything: the session then counts as unreadable. */
  decode(text: string): unknown
}
