// The entry `coatcheck/stores/basic`: stores over whoever can get, save and delete: over three functions, and over
// the stores of other libraries. None of them can promise more than `basicStore` does.

export type { BasicFunctions } from './basic/basic-functions.ts'
export { basicStore } from './basic/basic-store.ts'
export type { BasicStore } from './basic/basic-store.ts'
export { fromExpressStore } from './basic/from-express-store.ts'
export type { ExpressStore, ExpressStoreCookie, ExpressStoreSession } from './basic/from-express-store.ts'
export { fromKeyv } from './basic/from-keyv.ts'
export type { KeyvInstance } from './basic/from-keyv.ts'
export { fromUnstorage } from './basic/from-unstorage.ts'
export type { ItemStorage } from './basic/from-unstorage.ts'
