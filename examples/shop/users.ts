import { compare } from 'bcryptjs'

export interface User {
  readonly id: string
  readonly name: string
  readonly passwordHash: string
}

const users: readonly User[] = [
  {
    id: 'user_1',
    name: 'ada',
    passwordHash: '$2b$10$by1kOFt8VzcrTQ5LxnQqdufqwrCMiOgaqWRI.gVSjeaY/W0zHLQG2',
  },
  {
    id: 'user_2',
    name: 'grace',
    passwordHash: '$2b$10$QYr0ZXEVbuQrxgxssSTs6uRCeW4QKkSH9nJb0BwPH6VfjlPC9WM/2',
  },
]

/** Shown on the login page, so that you can try the example. A real shop knows only the hashes. */
export const demoPasswords = { ada: 'analytical-engine', grace: 'nanosecond-wire' }

/** Compared when the name is unknown, so that the answer takes as long as for a wrong password. */
const dummyHash = '$2b$10$U.8m0lveUEVkvzjf2JoR/OL4jqTiqDTCAM8omvYboUm.54bzKVoua'

export function findUser(id: string | undefined): User | undefined {
  return users.find((user) => user.id === id)
}

/** Returns the user with this name and password, if there is one. */
export async function checkPassword(name: string, password: string): Promise<User | undefined> {
  const user = users.find((candidate) => candidate.name === name)
  const matches = await compare(password, user?.passwordHash ?? dummyHash)
  return matches ? user : undefined
}
