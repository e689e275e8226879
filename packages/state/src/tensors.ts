/** The arrays that state is made of. Their bytes are compared, so all peers have to be of one byte order. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Int8Array
  | Int16Array
  | Int32Array

/**
 * State by name: parameters, an optimizer's moments, counters. Written in place, so
 * the arrays stay the same ones. In order of their names they are one sequence of bytes.
 */
export type StateTensors = Readonly<Record<string, TypedArray>>
