import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { buildLibrary } from './build-library.ts'
import { startShop } from './shop-process.ts'
import type { ShopProcess } from './shop-process.ts'

/** One shop for all tests of a file, on a database of its own. */
export function shareShop(): { readonly address: string; readonly folder: string } {
  let folder = ''
  let shop: ShopProcess
  before(async () => {
    await buildLibrary()
    folder = await mkdtemp(join(tmpdir(), 'coatcheck-shop-'))
    shop = await startShop(join(folder, 'shop.sqlite'))
  })
  after(async () => {
    await shop.stop('SIGTERM')
    await rm(folder, { recursive: true, force: true })
  })
  return {
    get folder() {
      return folder
    },
    get address() {
      return shop.address
    },
  }
}
