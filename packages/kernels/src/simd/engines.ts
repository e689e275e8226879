import { createEngine, type Engine } from './engine.ts'

/** The engines of one set of kernels. */
export interface Engines {
  /** The engine in whose memory one of the arrays is, the first that is; else one for tiles only. */
  of(...arrays: ArrayBufferView[]): Engine

  /**
   * A new one with room for resident arrays.
   *
   * @throws {RangeError} when there is no memory for it
   */
  create(byteLength: number): Engine
}

export function createEngines(module: WebAssembly.Module): Engines {
  // an engine lives as long as its buffer, which lives as long as an array over it
  const homes = new WeakMap<ArrayBufferLike, Engine>()
  const shared = createEngine(module, 0)
  return {
    of(...arrays) {
      for (const { buffer } of arrays) {
        const home = homes.get(buffer)
        if (home !== undefined) return home
      }
      return shared
    },
    create(byteLength) {
      const engine = createEngine(module, byteLength)
      homes.set(engine.buffer, engine)
      return engine
    }
  }
}
