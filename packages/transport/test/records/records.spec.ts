import fc from 'fast-check'
import { Uint8ArrayList } from 'uint8arraylist'
import { describe, expect, it } from 'vitest'
import { borrowFrom } from '../../src/lending.ts'
import { RecordError } from '../../src/noise/records/errors.ts'
import { join } from '../../src/noise/records/record-writer.ts'
import { secureWithRecords } from '../../src/noise/records/secure-with-records.ts'
import { bytes, closed, collect, createRecordPair, same, SESSIONS } from '../support/record-pair.ts'

/** The wire's bytes cut up at random. */
function cutter(lengths: readonly number[]): (all: Uint8Array) => Uint8Array[] {
  let turn = 0
  return (all) => {
    const pieces: Uint8Array[] = []
    for (let at = 0; at < all.byteLength;) {
      const end = at + (lengths[turn++ % lengths.length] ?? 1)
      pieces.push(all.subarray(at, end))
      at = end
    }
    return pieces
  }
}

function lengthsOf(wire: Uint8Array): number[] {
  const lengths: number[] = []
  for (let at = 0; at < wire.byteLength;) {
    const length = ((wire[at] ?? 0) << 8) | (wire[at + 1] ?? 0)
    lengths.push(length)
    at += 2 + length
  }
  return lengths
}

/** Records as they go out, one array for each. */
async function recordsOf(...plaintexts: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const { near, wire } = createRecordPair()
  const records: Uint8Array[] = []
  wire.alter = (all) => {
    records.push(all.slice())
    return []
  }
  for (const [i, plaintext] of plaintexts.entries()) {
    near.send(plaintext)
    await expect.poll(() => records.length).toBe(i + 1)
  }
  return records
}

const lengths = fc.oneof(
  fc.integer({ min: 1, max: 100 }),
  fc.integer({ min: 1, max: 70_000 }),
  fc.constantFrom(1, 2, 4095, 4096, 4097, 65_518, 65_519, 65_520, 200_000)
)

describe('records of a connection', () => {
  it('carry any bytes, sent and received in any pieces, borrowed or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(lengths, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
        fc.array(lengths, { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        async (sends, cuts, borrows) => {
          const { near, far, wire } = createRecordPair()
          // cut into fewer than a thousand pieces, or it takes forever
          wire.alter = cutter([...cuts, 1000])
          const borrowed: Uint8Array[] = []
          if (borrows) borrowFrom(far, (loan) => borrowed.push(loan.slice()))
          const received = collect(far)
          const sent: Uint8Array[] = []
          for (const [i, parts] of sends.entries()) {
            const pieces = parts.map((length) => bytes(length, i))
            sent.push(...pieces.map((piece) => piece.slice()))
            const free = near.send(new Uint8ArrayList(...pieces))
            // encrypted, so the memory is the sender's again
            if (free) for (const piece of pieces) piece.fill(0)
            else
              await new Promise((resolve) =>
                near.addEventListener('drain', resolve, { once: true })
              )
          }
          const total = sent.reduce((sum, { byteLength }) => sum + byteLength, 0)
          if (borrows) {
            const length = (): number => borrowed.reduce((sum, part) => sum + part.byteLength, 0)
            await expect.poll(length, { interval: 1 }).toBe(total)
            expect(same(join(borrowed), join(sent))).toBe(true)
          } else {
            await received.reached(total)
            expect(same(received.bytes(), join(sent))).toBe(true)
          }
        }
      ),
      { numRuns: 40 }
    )
  })

  it('are full as long as there is something to fill them with', async () => {
    const { near, wire } = createRecordPair()
    let all = new Uint8Array()
    wire.alter = (more) => {
      all = new Uint8Array([...all, ...more])
      return []
    }
    const total = 3 * 65_536 + 3 * 12
    for (let i = 0; i < 3; i++) {
      near.send(bytes(12))
      near.send(bytes(65_536))
      // as an async function that calls another one does
      await Promise.resolve()
      await Promise.resolve()
    }
    const records = Math.ceil(total / 65_519)
    await expect.poll(() => all.byteLength).toBe(total + records * 18)
    const sizes = lengthsOf(all)
    expect(sizes).toHaveLength(records)
    expect(new Set(sizes.slice(0, -1))).toEqual(new Set([65_535]))
  })

  it('leave at once when the sender has no more', async () => {
    const { near, far } = createRecordPair()
    const received = collect(far)
    near.send(Uint8Array.of(1, 2, 3))
    await received.reached(3)
    expect([...received.bytes()]).toEqual([1, 2, 3])
  })

  it('are read from what came early, before anything else', async () => {
    const [first, second] = await recordsOf(bytes(10, 1), bytes(10, 2))
    const pair = createRecordPair(first)
    const received = collect(pair.far)
    pair.wire.alter = () => [second ?? new Uint8Array()]
    pair.near.send(Uint8Array.of(0))
    await received.reached(20)
    expect([...received.bytes()]).toEqual([...bytes(10, 1), ...bytes(10, 2)])
  })

  it('wait for who pauses, in order, and are nobody else’s then', async () => {
    const { near, far } = createRecordPair()
    const parts: Uint8Array[] = []
    borrowFrom(far, (loan) => parts.push(loan.slice()))
    far.addEventListener('message', ({ data }) => parts.push(data.subarray().slice()))
    far.pause()
    near.send(bytes(100_000, 1))
    await new Promise((resolve) => setTimeout(resolve))
    expect(parts).toEqual([])
    far.resume()
    near.send(bytes(100_000, 2))
    await expect.poll(() => join(parts).byteLength).toBe(200_000)
    const expected = join([bytes(100_000, 1), bytes(100_000, 2)])
    expect(same(join(parts), expected)).toBe(true)
  })

  it.each([
    [
      'altered in its ciphertext',
      (r: Uint8Array) => [r.map((byte, i) => (i === 5 ? byte ^ 1 : byte))]
    ],
    ['altered in its tag', (r: Uint8Array) => [r.map((byte, i) => (i === 25 ? byte ^ 1 : byte))]],
    ['sent twice', (r: Uint8Array) => [r, r]],
    ['made of zeros', () => [new Uint8Array(200)]]
  ])('end the connection when one is %s', async (name, alter) => {
    const { near, far, wire } = createRecordPair()
    const [end, received] = [closed(far), collect(far)]
    wire.alter = (record) => [...alter(record), record]
    near.send(bytes(10))
    const error = await end
    expect(error).toBeInstanceOf(RecordError)
    expect(error).toMatchObject({ code: name === 'made of zeros' ? 'TOO_SHORT' : 'NOT_AUTHENTIC' })
    expect(received.bytes().byteLength).toBe(name === 'sent twice' ? 10 : 0)
    expect(far.status).toBe('aborted')
    expect(near.status).not.toBe('open')
  })

  it('end the connection when one is missing', async () => {
    const { near, far, wire } = createRecordPair()
    const [end, received] = [closed(far), collect(far)]
    let count = 0
    wire.alter = (record) => (count++ === 1 ? [] : [record])
    for (let i = 0; i < 3; i++) {
      near.send(Uint8Array.of(i))
      await new Promise((resolve) => setTimeout(resolve))
    }
    expect(await end).toMatchObject({ code: 'NOT_AUTHENTIC', detail: { record: 1 } })
    expect([...received.bytes()]).toEqual([0])
  })

  it('end the connection when it is cut off within one', async () => {
    const { near, far, wire, connections } = createRecordPair()
    const [end, received] = [closed(far), collect(far)]
    wire.alter = (record) => [record.subarray(0, record.byteLength - 1)]
    near.send(bytes(10))
    await new Promise((resolve) => setTimeout(resolve))
    await connections[0].close()
    expect(await end).toMatchObject({ code: 'TRUNCATED' })
    expect(received.bytes()).toHaveLength(0)
  })

  it('go out before a close does', async () => {
    const { near, far } = createRecordPair()
    const [received, end] = [collect(far), closed(far)]
    near.send(bytes(1000))
    await near.close()
    expect(await end).toBeUndefined()
    expect([...received.bytes()]).toEqual([...bytes(1000)])
  })

  it('end with an abort at both ends', async () => {
    const { near, far } = createRecordPair()
    const ends = Promise.all([closed(near), closed(far)])
    const reason = new Error('enough')
    near.abort(reason)
    const [mine, theirs] = await ends
    expect(mine).toBe(reason)
    expect(theirs).toBeInstanceOf(Error)
  })

  it('want keys of 32 bytes', () => {
    const { connections } = createRecordPair()
    const session = { ...SESSIONS[0], sendKey: new Uint8Array(31) }
    expect(() => secureWithRecords(connections[0], session)).toThrow(/31 bytes/)
  })
})
