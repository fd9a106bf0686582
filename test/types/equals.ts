/** `true` when two types are one and the same, and not merely assignable to each other. */
export type Equals<Left, Right> =
  (<Type>() => Type extends Left ? 1 : 2) extends <Type>() => Type extends Right ? 1 : 2 ? true : false

/** Does not compile unless its type argument is `true`. */
export function demand<_Truth extends true>(): void {}
