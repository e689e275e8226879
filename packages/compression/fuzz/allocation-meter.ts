/** Sees what is allocated: typed arrays by their constructors, and all WebAssembly memories. */
export interface AllocationMeter {
  /** Bytes of the largest typed array made since {@link AllocationMeter.reset}. */
  largest(): number
  /** Bytes of the largest WebAssembly memory that there is; memories never shrink. */
  largestMemory(): number
  reset(): void
  /** Gives the constructors back. */
  stop(): void
}

const TYPED_ARRAYS = [
  'Uint8Array',
  'Int8Array',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float32Array',
  'Float64Array',
  'BigUint64Array',
  'BigInt64Array',
  'ArrayBuffer'
] as const

type Constructor = new (...values: never[]) => object

/** Must start before the libraries are loaded whose memories it shall see. */
export function startAllocationMeter(): AllocationMeter {
  const scope = globalThis as unknown as Record<string, Constructor>
  const originals = new Map(TYPED_ARRAYS.map((name) => [name, scope[name]!]))
  const memories = new Set<WebAssembly.Memory>()
  let largest = 0

  for (const [name, original] of originals) {
    const width = (original as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1
    scope[name] = new Proxy(original, {
      construct(target, values, newTarget) {
        // counted before it is made: what is refused for its size counts as well
        if (typeof values[0] === 'number') largest = Math.max(largest, values[0] * width)
        const made = newTarget === scope[name] ? target : newTarget
        return Reflect.construct(target, values, made) as object
      }
    })
  }

  const { Instance, instantiate, instantiateStreaming, Memory } = WebAssembly
  const note = (instance: WebAssembly.Instance): void => {
    for (const value of Object.values(instance.exports)) {
      if (value instanceof Memory) memories.add(value)
    }
  }
  const noteResult = <Result extends object>(result: Result): Result => {
    note(
      'instance' in result
        ? (result.instance as WebAssembly.Instance)
        : (result as WebAssembly.Instance)
    )
    return result
  }
  WebAssembly.Instance = new Proxy(Instance, {
    construct(target, values) {
      const instance = Reflect.construct(target, values) as WebAssembly.Instance
      note(instance)
      return instance
    }
  })
  WebAssembly.instantiate = (async (...values: Parameters<typeof instantiate>) =>
    noteResult(await instantiate(...values))) as typeof instantiate
  WebAssembly.instantiateStreaming = async (...values) =>
    noteResult(await instantiateStreaming(...values))
  WebAssembly.Memory = new Proxy(Memory, {
    construct(target, values) {
      const memory = Reflect.construct(target, values) as WebAssembly.Memory
      memories.add(memory)
      return memory
    }
  })

  return {
    largest: () => largest,
    largestMemory: () => Math.max(0, ...[...memories].map((memory) => memory.buffer.byteLength)),
    reset() {
      largest = 0
    },
    stop() {
      for (const [name, original] of originals) scope[name] = original
      Object.assign(WebAssembly, { Instance, instantiate, instantiateStreaming, Memory })
    }
  }
}
