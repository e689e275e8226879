/**
 * Writes test/vectors.json with the codecs as they are: `npm run vectors`. Bytes that
 * change there are a change of the format.
 */
import { writeFile } from 'node:fs/promises'
import type { Codec } from '@daa-compute/interface'

import { bytesOfFloats } from '../src/float-bits.ts'
import { createCodec } from '../src/index.ts'
import { floatsToHex, toHex, type HexFloats } from './hex.ts'
import { COMPRESSED, ENCODINGS, INPUTS } from './inputs.ts'
import { MALFORMED } from './malformed.ts'

/** One line of the file: what an encoder writes, and what a decoder makes of it. */
interface Vector {
  readonly codec: string
  readonly input: string
  readonly seed?: string
  readonly bytes: string
  /** Left out where the values come back bit for bit. */
  readonly decoded?: HexFloats
}

function vectorOf(codec: Codec, input: string, seed?: string): Vector {
  const values = INPUTS[input]!
  const bytes = codec.encode(values, undefined, { seed: BigInt(seed ?? 0) })
  const out = new Float32Array(values.length)
  codec.decode(bytes, out)
  const same = toHex(bytesOfFloats(out)) === toHex(bytesOfFloats(values))
  return {
    codec: codec.name,
    input,
    ...(seed === undefined ? {} : { seed }),
    bytes: toHex(bytes),
    ...(same ? {} : { decoded: floatsToHex(out) })
  }
}

const encodings: Vector[] = []
for (const [name, inputs, seed] of ENCODINGS) {
  const codec = await createCodec(name)
  for (const input of inputs.split(' ')) encodings.push(vectorOf(codec, input, seed))
}
const compressed: Vector[] = []
for (const name of COMPRESSED) compressed.push(vectorOf(await createCodec(name), 'scattered'))

const inputs = Object.fromEntries(
  Object.entries(INPUTS).map(([name, values]) => [name, floatsToHex(values)])
)
const text = JSON.stringify(
  { version: 2, inputs, encodings, compressed, malformed: MALFORMED },
  undefined,
  2
)
await writeFile(new URL('../test/vectors.json', import.meta.url), `${text}\n`)
