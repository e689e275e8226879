/** The granularity of WebAssembly memory, in bytes. */
const PAGE_LENGTH = 65_536

/** A module of WebAssembly with memory of its own, which never grows. */
export interface Instantiated<Exports> {
  readonly exports: Exports
  readonly bytes: Uint8Array<ArrayBuffer>
  /** A part of the memory that begins where an exported constant says. */
  part(start: WebAssembly.Global, length: number): Uint8Array<ArrayBuffer>
}

/**
 * Compiles a module, which takes a few milliseconds.
 *
 * @param binary in base64
 * @param length bytes of memory, rounded up to whole pages
 * @returns `undefined` where the platform lacks WebAssembly or what the module needs
 *   of it, or forbids it, or has no memory for it
 */
export function instantiate<Exports>(
  binary: string,
  length: number
): Instantiated<Exports> | undefined {
  if (typeof WebAssembly === 'undefined') return undefined
  try {
    const code = Uint8Array.from(atob(binary), (character) => character.charCodeAt(0))
    const pages = Math.ceil(length / PAGE_LENGTH)
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    const module = new WebAssembly.Module(code)
    const instance = new WebAssembly.Instance(module, { env: { memory } })
    return {
      exports: instance.exports as unknown as Exports,
      bytes: new Uint8Array(memory.buffer),
      part: ({ value }, size) => new Uint8Array(memory.buffer, value as number, size)
    }
  } catch {
    // an unknown instruction, a content security policy, or no address space
    return undefined
  }
}
