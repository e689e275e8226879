import type { NamedTensors, Values } from '@daa-compute/allreduce'
import type { DType } from '@daa-compute/interface'

/** Element types begin at a multiple of their length; 8 bytes is the longest. */
const ALIGNMENT = 8

/** Buffers that are kept for later calls: as many as may be under way without a new one. */
const MAX_KEPT = 4

/**
 * An array on shared memory, which a network on its own thread reduces without a
 * copy: for parameters and gradients, made once.
 *
 * @param length elements
 * @param dtype default `float32`
 */
export function allocateShared(length: number, dtype?: 'float32'): Float32Array
export function allocateShared(length: number, dtype: 'float64'): Float64Array
export function allocateShared(length: number, dtype: 'float16' | 'bfloat16'): Uint16Array
export function allocateShared(length: number, dtype: DType = 'float32'): Values {
  switch (dtype) {
    case 'float32':
      return new Float32Array(new SharedArrayBuffer(4 * length))
    case 'float64':
      return new Float64Array(new SharedArrayBuffer(8 * length))
    case 'float16':
    case 'bfloat16':
      return new Uint16Array(new SharedArrayBuffer(2 * length))
  }
}

/** Values of a call, on shared memory. */
export interface SharedValues {
  /** What another thread gets. */
  readonly values: unknown
  /** Copies what the other thread has made of it to where the caller has it. */
  takeBack(): void
  /** The memory is no longer used by this call. */
  release(): void
}

/** Shared memory for values that are not on any. */
export interface SharedPool {
  /** The values themselves where they are on shared memory, otherwise a copy. */
  share(values: unknown): SharedValues
}

interface Copied {
  readonly own: Values
  readonly start: number
}

/** A pool that keeps some buffers; they grow to what is asked for. */
export function createSharedPool(): SharedPool {
  const free: SharedArrayBuffer[] = []

  const take = (length: number): SharedArrayBuffer => {
    const index = free.findIndex(({ byteLength }) => byteLength >= length)
    const [found] = index === -1 ? [] : free.splice(index, 1)
    if (found !== undefined) return found
    // one that is too small makes room for one that is not
    free.shift()
    return new SharedArrayBuffer(length)
  }
  const give = (buffer: SharedArrayBuffer): void => {
    if (free.length < MAX_KEPT) free.push(buffer)
  }

  return {
    share(values) {
      let length = 0
      const copied: Copied[] = []
      for (const own of arraysIn(values)) {
        if (isShared(own)) continue
        copied.push({ own, start: length })
        length += Math.ceil(own.byteLength / ALIGNMENT) * ALIGNMENT
      }
      if (copied.length === 0)
        return { values, takeBack: () => undefined, release: () => undefined }
      const buffer = take(length)
      const shared = new Map<unknown, Values>()
      for (const { own, start } of copied) {
        const copy = viewLike(own, buffer, start)
        copy.set(own)
        shared.set(own, copy)
      }
      return {
        values: ArrayBuffer.isView(values)
          ? shared.get(values)
          : mapTensors(values as NamedTensors, (tensor) => shared.get(tensor) ?? tensor),
        takeBack() {
          for (const { own } of copied) own.set(shared.get(own) as Values)
        },
        release: () => give(buffer)
      }
    }
  }
}

/** Arrays that can be reduced; others are left to the run to refuse. */
function* arraysIn(values: unknown): Generator<Values> {
  if (isValues(values)) yield values
  else if (Object.prototype.toString.call(values) === '[object Object]') {
    for (const tensor of Object.values(values as object)) if (isValues(tensor)) yield tensor
  }
}

/** By its tag: an array of another realm is of none of this one's classes. */
function isValues(value: unknown): value is Values {
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  return tag === 'Float32Array' || tag === 'Float64Array' || tag === 'Uint16Array'
}

/** Whether other threads can see an array. */
export function isShared({ buffer }: ArrayBufferView): boolean {
  return Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]'
}

function viewLike(own: Values, buffer: SharedArrayBuffer, start: number): Values {
  const { length, BYTES_PER_ELEMENT } = own
  if (BYTES_PER_ELEMENT === 8) return new Float64Array(buffer, start, length)
  return BYTES_PER_ELEMENT === 4
    ? new Float32Array(buffer, start, length)
    : new Uint16Array(buffer, start, length)
}

function mapTensors(
  tensors: NamedTensors,
  map: (tensor: Values) => Values
): Record<string, Values> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, map(tensor)]))
}
