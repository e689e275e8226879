/**
 * A module of Node.js, or `undefined` elsewhere.
 *
 * No `import` of it appears in the code, so that bundlers for browsers have nothing
 * to resolve. The caller says what it expects of the module and checks that it is there.
 */
export function nodeModule<Module>(name: string): Partial<Module> | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } }
  return process?.getBuiltinModule?.(`node:${name}`) as Partial<Module> | undefined
}
