import { describe, expect, it } from 'vitest'
import { DATA_HEADER_LENGTH } from '../src/executor/data-frame.ts'
import { decodeGreeting } from '../src/mesh/greeting.ts'
import { sleep } from './group-of.ts'
import { DATA, expectRound, LENGTH, onStage } from './hostile-swarm.ts'
import { valuesOf } from './values.ts'

type Spoil = (frame: Uint8Array, count: number) => Uint8Array | readonly Uint8Array[] | undefined

/** A member of four whose frames of data are spoilt, from a round on. */
async function expectUnharmed(spoil: Spoil): Promise<void> {
  await onStage(3, { patienceMs: 3_000, minPeers: 3, algorithm: 'ring' }, async (stage) => {
    const { swarm, hostile, victims } = stage
    const liar = await swarm.join(hostile, { minPeers: 3, patienceMs: 3_000, algorithm: 'ring' })
    await sleep(hostile, 50)
    const take = async (): Promise<void> => {
      for (let round = 0; round < 3; round++) await liar.allReduce(valuesOf(3, LENGTH))
    }
    const taking = take().catch(() => undefined)
    expect((await expectRound(stage)).participants).toHaveLength(4)
    let count = 0
    for (const victim of victims) {
      swarm.net.tamper(hostile.id, victim, DATA, (frame) =>
        isGreeting(frame) ? frame : spoil(frame, count++)
      )
    }
    await expectRound(stage)
    await expectRound(stage)
    await Promise.race([taking, sleep(swarm.peers[0], 1_000)])
    await expectRound(stage)
  })
}

function isGreeting(frame: Uint8Array): boolean {
  try {
    decodeGreeting(frame)
    return true
  } catch {
    return false
  }
}

/** Changes a header as its fields are laid out. */
function header(change: (view: DataView) => void): Spoil {
  return (frame) => {
    if (frame.length < DATA_HEADER_LENGTH) return frame
    change(new DataView(frame.buffer, frame.byteOffset, DATA_HEADER_LENGTH))
    return frame
  }
}

const spoils: Record<string, Spoil> = {
  'of another plan': header((view) => view.setUint32(0, 0xdead_beef)),
  'of a round that is long over': header((view) => view.setUint32(8, 0, true)),
  'of a round far ahead': header((view) => view.setUint32(8, 0xffff_fff0, true)),
  'of an attempt far ahead': header((view) => view.setUint32(12, 0x7fff_0000, true)),
  'of a chunk that there is not': header((view) => view.setUint32(16, 77, true)),
  'of the last chunk that a number can name': header((view) =>
    view.setUint32(16, 2 ** 32 - 1, true)
  ),
  'of another chunk than is due': header((view) =>
    view.setUint32(16, (view.getUint32(16, true) + 1) % 4, true)
  ),
  'of a segment that there is not': header((view) => view.setUint32(20, 2 ** 32 - 1, true)),
  'with a weight that is none': header((view) => view.setFloat64(24, Number.NaN, true)),
  'with an endless weight': header((view) => view.setFloat64(24, Infinity, true)),
  'with a weight below nothing': header((view) => view.setFloat64(24, -1, true)),
  'with a weight above all others': header((view) => view.setFloat64(24, 1e300, true)),
  'that have lost their end': (frame) => frame.subarray(0, frame.length - 4),
  'that end in the middle of a value': (frame) => frame.subarray(0, frame.length - 1),
  'that are a header only': (frame) => frame.subarray(0, DATA_HEADER_LENGTH),
  'that have not even a header': (frame) => frame.subarray(0, 9),
  'that are empty': () => new Uint8Array(),
  'that are too long': (frame) => {
    const longer = new Uint8Array(frame.length + 64)
    longer.set(frame)
    return longer
  },
  'that are all there is room for': () => new Uint8Array(1_000_000),
  'that hold NaN': (frame) => frame.fill(0xff, DATA_HEADER_LENGTH),
  'twice each': (frame) => [frame, frame],
  'a hundred times each': (frame) => Array.from({ length: 100 }, () => frame),
  'that it holds back': () => undefined,
  'of which every other one is missing': (frame, count) => (count % 2 === 0 ? frame : undefined)
}

describe('a member that sends frames of data', () => {
  for (const [what, spoil] of Object.entries(spoils)) {
    it(`${what} harms nobody but itself`, () => expectUnharmed(spoil))
  }
})
