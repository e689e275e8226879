/** What is used of the global of Node.js, and of those who have copied it. */
interface NodeProcess {
  getBuiltinModule?(name: string): unknown
}

declare const process: NodeProcess | undefined

/**
 * A module of Node.js, or `undefined` elsewhere.
 *
 * No `import` of it appears in the code, so that bundlers for browsers have nothing
 * to resolve. The caller says what it expects of the module and checks that it is there.
 */
export function nodeModule<Module>(name: string): Partial<Module> | undefined {
  if (typeof process === 'undefined') return undefined
  return process.getBuiltinModule?.(`node:${name}`) as Partial<Module> | undefined
}
