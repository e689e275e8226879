import { describe, expect, it } from 'vitest'

import { decodePayload, encodePayload } from '../../src/noise/handshake/payload.ts'
import { decodeFields, encodeFields } from '../../src/noise/handshake/protobuf.ts'

const payload = {
  identityKey: Uint8Array.of(1, 2, 3),
  identitySignature: new Uint8Array(300).fill(7),
  extensions: {
    webtransportCerthashes: [Uint8Array.of(18, 32), Uint8Array.of(9)],
    streamMuxers: ['/yamux/1.0.0', '/mplex/6.7.0'],
    encryptions: ['/é']
  }
}

const refused = expect.objectContaining({ name: 'HandshakeError', code: 'BAD_PAYLOAD' })

describe('the payload of a handshake', () => {
  it('comes back as it was', () => {
    expect(decodePayload(encodePayload(payload))).toEqual(payload)
  })

  it('may lack all extensions', () => {
    const bytes = encodeFields([
      { number: 1, bytes: Uint8Array.of(1) },
      { number: 2, bytes: Uint8Array.of(2) }
    ])
    expect(decodePayload(bytes).extensions).toEqual({
      webtransportCerthashes: [],
      streamMuxers: [],
      encryptions: []
    })
  })

  it('has its fields as they came last, and passes over what is unknown', () => {
    const known = encodePayload(payload)
    const before = Uint8Array.of(
      ...[0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], // 3: the largest number
      ...[0x31, 1, 2, 3, 4, 5, 6, 7, 8], // 6: 64 bits
      ...[0x3d, 1, 2, 3, 4], // 7: 32 bits
      ...[0xfa, 0x01, 2, 1, 1], // 31: bytes
      ...[0x0a, 1, 9] // 1: another key
    )
    expect(decodePayload(Uint8Array.of(...before, ...known))).toEqual(payload)
  })

  it('does not survive being cut off', () => {
    const bytes = encodePayload(payload)
    const whole = decodeFields(bytes).map(({ number }) => number)
    expect(whole).toEqual([1, 2, 4])
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length)
      // only at the end of a field a cut leaves a payload, of fewer fields
      try {
        expect(decodePayload(cut).extensions.streamMuxers).toEqual([])
      } catch (error) {
        expect(error).toEqual(refused)
      }
    }
  })

  it.each([
    ['a type that there is not', [0x0b]],
    ['a field without a number', [0x02, 0]],
    ['a length beyond the end', [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['a length that never ends', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['a number that never ends', [0x18, ...Array<number>(11).fill(0xff)]],
    ['64 bits that are not there', [0x31, 1, 2]],
    ['32 bits that are not there', [0x3d, 1]],
    ['a text that is none', [0x0a, 0, 0x12, 0, 0x22, 3, 0x12, 1, 0xff]]
  ])('is refused with %s', (_, bytes) => {
    expect(() => decodePayload(Uint8Array.from(bytes))).toThrow(refused)
  })

  it('is refused without a key or a signature', () => {
    for (const number of [1, 2]) {
      const bytes = encodeFields([{ number, bytes: Uint8Array.of(1) }])
      expect(() => decodePayload(bytes)).toThrow(refused)
    }
  })
})
