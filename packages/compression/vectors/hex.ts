/** Float32 values in a file of vectors: their bytes, or where there are many zeros, only the others. */
export type HexFloats =
  | string
  | { readonly length: number; readonly at: Readonly<Record<string, string>> }

/** Bytes as hexadecimal digits, two each. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: text.length / 2 }, (_, at) =>
    Number.parseInt(text.slice(2 * at, 2 * at + 2), 16)
  )
}

export function floatsToHex(values: Float32Array): HexFloats {
  const hex = toHex(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  const digits = Array.from(values, (_, index) => hex.slice(8 * index, 8 * index + 8))
  const kept = [...digits.entries()].filter(([, bits]) => bits !== ZERO)
  if (values.length < 32 || kept.length > values.length / 4) return hex
  return { length: values.length, at: Object.fromEntries(kept) }
}

export function floatsFromHex(text: HexFloats): Float32Array<ArrayBuffer> {
  if (typeof text === 'string') return new Float32Array(fromHex(text).buffer)
  const values = new Float32Array(text.length)
  for (const [index, bits] of Object.entries(text.at)) {
    values[Number(index)] = floatsFromHex(bits)[0]!
  }
  return values
}

/** The bits of 0. */
const ZERO = '00000000'
