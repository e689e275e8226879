/*
 * LZ4 and Snappy once more, as their descriptions have them and with no thought of
 * speed, to say what the right answer is.
 */

/** @returns the content of an LZ4 block, or `undefined` if it is none of at most `limit` bytes */
export function decodeLz4(block: Uint8Array, limit: number): Uint8Array | undefined {
  const content: number[] = []
  let at = 0
  const lengthOf = (nibble: number): number => {
    let length = nibble
    if (nibble !== 15) return length
    for (;;) {
      const more = block[at++]
      if (more === undefined) return Number.NaN
      length += more
      if (more !== 255) return length
    }
  }
  while (at < block.length) {
    const token = block[at++]!
    const literals = lengthOf(token >>> 4)
    if (!(at + literals <= block.length)) return undefined
    content.push(...block.subarray(at, at + literals))
    at += literals
    if (content.length > limit) return undefined
    if (at === block.length) return Uint8Array.from(content)
    if (at + 2 > block.length) return undefined
    const offset = block[at]! + 256 * block[at + 1]!
    at += 2
    const match = lengthOf(token & 15) + 4
    if (!copy(content, offset, match, limit)) return undefined
  }
  return undefined
}

/** @returns the content of a raw Snappy stream, or `undefined` if it is none of at most `limit` bytes */
export function decodeSnappy(stream: Uint8Array, limit: number): Uint8Array | undefined {
  const content: number[] = []
  let at = 0
  let announced = 0
  for (let shift = 0; ; shift += 7) {
    const byte = stream[at++]
    if (byte === undefined || shift > 28) return undefined
    announced += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  const number = (width: number): number => {
    let value = 0
    for (let i = 0; i < width; i++) value += (stream[at + i] ?? Number.NaN) * 256 ** i
    at += width
    return value
  }
  while (at < stream.length) {
    const tag = stream[at++]!
    const upper = tag >>> 2
    if ((tag & 3) === 0) {
      const length = 1 + (upper < 60 ? upper : number(upper - 59))
      if (!(at + length <= stream.length) || content.length + length > limit) return undefined
      content.push(...stream.subarray(at, at + length))
      at += length
      continue
    }
    const [length, offset] =
      (tag & 3) === 1
        ? [4 + (upper & 7), 256 * (tag >>> 5) + number(1)]
        : [1 + upper, number((tag & 3) === 2 ? 2 : 4)]
    if (!copy(content, offset, length, limit)) return undefined
  }
  return content.length === announced ? Uint8Array.from(content) : undefined
}

function copy(content: number[], offset: number, length: number, limit: number): boolean {
  if (!(offset >= 1 && offset <= content.length && content.length + length <= limit)) return false
  for (let i = 0; i < length; i++) content.push(content[content.length - offset]!)
  return true
}
