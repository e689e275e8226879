import { StateError } from '../errors.ts'
import { differenceOf } from '../object/layout.ts'
import type { Store } from '../serve/store.ts'
import { sameBytes } from '../tree/hash-tree.ts'
import type { Agreed } from './agreement.ts'
import type { DonorLink } from './donor-link.ts'
import type { Vouching } from './vouching.ts'

/**
 * Checks that what donors hold is what the tensors are made for.
 *
 * @throws {StateError} `LAYOUT_MISMATCH`, `TOO_LARGE`
 */
export async function assertFits(
  { vouch, vouching }: Agreed,
  store: Store,
  maxBytes: number
): Promise<void> {
  const { byteLength, blockLength } = vouch
  if (!sameBytes(vouch.layout, store.layout.hash)) throw await mismatchOf(vouching, store)
  if (byteLength > maxBytes) {
    throw new StateError(
      'TOO_LARGE',
      `the state has ${byteLength} bytes, this peer takes ${maxBytes} (maxBytes)`,
      { length: byteLength, limit: maxBytes }
    )
  }
  if (byteLength !== store.object.byteLength || blockLength !== store.blockLength) {
    throw new StateError(
      'LAYOUT_MISMATCH',
      `the others hash their state in blocks of ${blockLength} bytes, this peer of ${store.blockLength}: give all the same blockLength`,
      { tensor: '', ours: `blocks of ${store.blockLength}`, theirs: `blocks of ${blockLength}` }
    )
  }
}

async function mismatchOf(vouching: Vouching, store: Store): Promise<StateError> {
  const links: DonorLink[] = []
  vouching.forEach((link, isSame) => void (isSame && links.push(link)))
  const ours = store.layout.text
  for (const link of links) {
    const answer = await link.ask({ type: 'layout' }, 'layout').catch(() => undefined)
    const found = answer?.type === 'layout' ? differenceOf(ours, answer.text) : undefined
    if (found === undefined) continue
    return new StateError(
      'LAYOUT_MISMATCH',
      `tensor ${found.tensor} is ${found.ours} here and ${found.theirs} at the others: begin with the same model`,
      found
    )
  }
  return new StateError('LAYOUT_MISMATCH', 'the state of the others has other tensors', {
    ...{ tensor: '', ours: '', theirs: '' }
  })
}
