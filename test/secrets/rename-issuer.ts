import { registerHooks } from 'node:module'

/** As if the function that issues tokens had got another name, and were exported under its old one. */
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!url.endsWith('/src/id/token.ts')) return loaded
    const source = Buffer.from(loaded.source as string).toString()
    return {
      ...loaded,
      source: source.replace(
        'export function generateToken',
        'export { createToken as generateToken }; function createToken',
      ),
    }
  },
})
