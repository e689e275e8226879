import type { Hasher } from '@daa-compute/interface'
import { MAX_LAYOUT_LENGTH } from '../constants.ts'
import { StateError } from '../errors.ts'
import type { StateTensors } from '../tensors.ts'
import { namesOf } from './byte-object.ts'

/** What tensors there are: the text of it, and by which hash peers compare it. */
export interface Layout {
  readonly text: string
  readonly hash: Uint8Array
}

type Entry = readonly [name: string, kind: string, length: number]

/** @throws {StateError} `BAD_OPTION` if the description is too long, or what a tensor is no typed array */
export function layoutOf(tensors: StateTensors, hasher: Hasher): Layout {
  const entries = namesOf(tensors).map((name): Entry => {
    const tensor: unknown = tensors[name]
    if (!ArrayBuffer.isView(tensor) || tensor instanceof DataView) {
      throw new StateError('BAD_OPTION', `tensors.${name} must be a typed array`, {
        option: `tensors.${name}`,
        value: tensor
      })
    }
    return [name, kindOf(tensor), (tensor as Uint8Array).length]
  })
  const text = JSON.stringify(entries)
  const bytes = new TextEncoder().encode(text)
  if (bytes.byteLength > MAX_LAYOUT_LENGTH) {
    throw new StateError(
      'BAD_OPTION',
      `names and lengths of the tensors take ${bytes.byteLength} bytes, at most ${MAX_LAYOUT_LENGTH} are possible: put small tensors together`,
      { option: 'tensors', value: entries.length }
    )
  }
  const hash = hasher.create()
  hash.update(bytes)
  return { text, hash: hash.digest() }
}

/** The first tensor that differs, as each side describes it, or `undefined` if `theirs` is no layout. */
export function differenceOf(
  ours: string,
  theirs: string
): { tensor: string; ours: string; theirs: string } | undefined {
  const [left, right] = [parse(ours), parse(theirs)]
  if (left === undefined || right === undefined) return undefined
  for (const tensor of [...left.keys(), ...right.keys()].toSorted()) {
    const [a, b] = [left.get(tensor) ?? 'missing', right.get(tensor) ?? 'missing']
    if (a !== b) return { tensor, ours: a, theirs: b }
  }
  return undefined
}

function parse(text: string): Map<string, string> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    if (!Array.isArray(parsed)) return undefined
    return new Map(
      parsed.map((entry: unknown) => {
        const [name, kind, length] = entry as unknown[]
        return [String(name).slice(0, 256), `${String(kind).slice(0, 32)}[${Number(length)}]`]
      })
    )
  } catch {
    return undefined
  }
}

function kindOf(tensor: ArrayBufferView): string {
  return Object.prototype.toString.call(tensor).slice(8, -1)
}
