export { compile, render } from './compile.ts'
export { keepBinary } from './keep.ts'
export type { KeepOptions } from './keep.ts'
