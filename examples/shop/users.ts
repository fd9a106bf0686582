import { scrypt, timingSafeEqual } from 'node:crypto'
import type { ScryptOptions } from 'node:crypto'
import { promisify } from 'node:util'

export interface User {
  readonly id: string
  readonly name: string
  readonly salt: string
  /** The scrypt key of the password, in base64url. */
  readonly passwordHash: string
}

const users: readonly User[] = [
  {
    id: 'user_1',
    name: 'ada',
    salt: 'hqPVyQ_SHeKGiLcPrE-UOg',
    passwordHash: 'yjJYs2tvuNdqPJikNTw7EnHpqgD2pgu7USFSDa4yV_w',
  },
  {
    id: 'user_2',
    name: 'grace',
    salt: 'R6AeSC8fT9oX_RyH4FKfjw',
    passwordHash: 'cRSgXi33ShjlDXJoGaMChb-OY23hN49LYtYzaLIzXOM',
  },
]

/** Shown on the login page, so that you can try the example. A real shop knows only the hashes. */
export const demoPasswords = { ada: 'analytical-engine', grace: 'nanosecond-wire' }

/** Compared if the name is unknown, so that the answer takes as long as for a wrong password. */
const unknownUser = {
  salt: 'FFUkMAJ6FGxDxSsxJngLKw',
  passwordHash: 'pvDkF9p1ealFrozS3AjyrzT-50F4ipFzFYPWAtTq3mM',
}

/** Runs in node's thread pool: other requests are served meanwhile. */
const deriveKey = promisify<string, string, number, ScryptOptions, Buffer>(scrypt)

/** One of the settings that the OWASP Password Storage Cheat Sheet recommends: 16 MB of memory for each login. */
const cost = { N: 2 ** 14, r: 8, p: 5 }

export function findUser(id: string | undefined): User | undefined {
  return users.find((user) => user.id === id)
}

/**
 * Returns the user with this name and password, if there is one. A real shop also limits the number of attempts for
 * each name and each address.
 */
export async function checkPassword(name: string, password: string): Promise<User | undefined> {
  const user = users.find((candidate) => candidate.name === name)
  const { salt, passwordHash } = user ?? unknownUser
  const expected = Buffer.from(passwordHash, 'base64url')
  const matches = timingSafeEqual(await deriveKey(password, salt, expected.length, cost), expected)
  return matches ? user : undefined
}
