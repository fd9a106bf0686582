import type { KnownSecrets } from './known-secrets.ts'

/** 16 bytes in base64. */
const shortest = 22

/** Whether a text or bytes show a secret: in hex, as its bytes, or either of them in base64 or percent-encoded. */
export function showsSecret(secrets: KnownSecrets, shown: string | Uint8Array): boolean {
  if (typeof shown === 'string') return showsEncoded(secrets, shown)
  const bytes = Buffer.from(shown.buffer, shown.byteOffset, shown.byteLength)
  return secrets.isInBytes(bytes) || showsEncoded(secrets, bytes.toString('latin1'))
}

function showsEncoded(secrets: KnownSecrets, text: string): boolean {
  if (text.length < shortest) return false
  if (secrets.isInText(text) || showsBase64(secrets, text)) return true
  const decoded = text.includes('%') ? decodePercent(text) : text
  return decoded !== text && (secrets.isInText(decoded) || showsBase64(secrets, decoded))
}

/**
 * 16 bytes are 22 characters, and but for one in 90 000 times a capital is among them, which most paths
 * and hashes lack. What stands before them may belong to the alphabet, too: all four beginnings are tried.
 */
function showsBase64(secrets: KnownSecrets, text: string): boolean {
  if (!/[A-Z]/.test(text)) return false
  for (const [run] of text.matchAll(/[\w+/-]{22,}/g)) {
    if (!/[A-Z]/.test(run)) continue
    for (let start = 0; start < 4; start += 1) {
      const bytes = Buffer.from(run.slice(start), 'base64')
      if (secrets.isInBytes(bytes) || secrets.isInText(bytes.toString('latin1'))) return true
    }
  }
  return false
}

function decodePercent(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
