import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core'
import { buildLibrary } from '../examples/build-library.ts'
import { startShop } from '../examples/shop-process.ts'
import type { ShopProcess } from '../examples/shop-process.ts'
import { openChromium } from './open-chromium.ts'

/** The shop as `npm start` runs it, and a Chromium to visit it. */
export class OpenShop {
  readonly address: string
  readonly #folder: string
  readonly #chromium: Browser
  #process: ShopProcess

  private constructor(folder: string, browser: Browser, shop: ShopProcess) {
    this.#folder = folder
    this.#chromium = browser
    this.#process = shop
    this.address = shop.address
  }

  static async open(): Promise<OpenShop> {
    await buildLibrary()
    const folder = await mkdtemp(join(tmpdir(), 'coatcheck-browser-'))
    return new OpenShop(folder, await openChromium(), await startShop(join(folder, 'shop.sqlite')))
  }

  /** A browser context with cookies of its own, as if on another device. */
  newDevice(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    return this.#chromium.newContext({ baseURL: this.address, ...options })
  }

  /** Kills the shop as a power cut would, and starts it again at the same address. */
  async killAndRestart(): Promise<void> {
    await this.#process.stop('SIGKILL')
    this.#process = await startShop(join(this.#folder, 'shop.sqlite'), Number(new URL(this.address).port))
  }

  async close(): Promise<void> {
    await this.#chromium.close()
    await this.#process.stop('SIGKILL')
    await rm(this.#folder, { recursive: true, force: true })
  }
}
