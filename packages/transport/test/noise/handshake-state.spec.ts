import { createPrimitives, type Primitives, systemRandomBytes } from '@daa-compute/crypto'
import { describe, expect, it } from 'vitest'

import { HandshakeState } from '../../src/noise/handshake/handshake-state.ts'
import { messageLength, type Pattern, XX, XXhfs } from '../../src/noise/handshake/patterns.ts'
import vector from '../fixtures/noise-xxhfs-mlkem768.json' with { type: 'json' }

const EMPTY = new Uint8Array()
const text = (value: string) => new TextEncoder().encode(value)
const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
const bytes = (digits: string) =>
  Uint8Array.from(digits.match(/../g) ?? [], (two) => Number.parseInt(two, 16))

/** Primitives whose secrets are the given ones, in their order. */
function primitivesOf(...secrets: readonly string[]): Primitives {
  const left = secrets.map(bytes)
  return createPrimitives({
    random(length) {
      const secret = left.shift()
      if (secret?.length !== length) throw new RangeError('not the secret that is asked for')
      return secret
    }
  })
}

function pair(
  pattern: Pattern,
  [cryptoI, cryptoR]: readonly [Primitives, Primitives],
  keys: readonly [Uint8Array, Uint8Array] = [systemRandomBytes(32), systemRandomBytes(32)]
): readonly [HandshakeState, HandshakeState] {
  return [
    new HandshakeState({
      ...{ pattern, initiator: true, crypto: cryptoI },
      staticKey: cryptoI.x25519.importKeyPair(keys[0])
    }),
    new HandshakeState({
      ...{ pattern, initiator: false, crypto: cryptoR },
      staticKey: cryptoR.x25519.importKeyPair(keys[1])
    })
  ]
}

describe('the published vector of XXhfs', () => {
  const [initiator, responder] = pair(
    XXhfs,
    [
      primitivesOf(vector.ephemeral_dh_i_private, vector.ephemeral_kem_i_keygen_seed),
      primitivesOf(vector.ephemeral_dh_r_private, vector.encapsulation_seed)
    ],
    [bytes(vector.static_i_private), bytes(vector.static_r_private)]
  )
  const first = initiator.write(EMPTY)
  const payloads = [responder.read(first)]
  const second = responder.write(EMPTY)
  payloads.push(initiator.read(second))
  const third = initiator.write(EMPTY)
  payloads.push(responder.read(third))

  it('has messages of its lengths and its KEM key', () => {
    expect(vector.protocol).toBe(XXhfs.name)
    expect(payloads.map(({ length }) => length)).toEqual([0, 0, 0])
    expect([first, second, third].map(({ length }) => length)).toEqual(vector.message_bytes)
    expect(hex(first.subarray(32, 48))).toBe(vector.ephemeral_kem_i_public_prefix)
    expect([0, 1, 2].map((index) => messageLength(XXhfs, index))).toEqual(vector.message_bytes)
  })

  it('has its last message, hash and keys, at both ends', () => {
    expect(hex(third)).toBe(vector.msg_c)
    for (const [state, sent, received] of [
      [initiator, vector.cs1_k, vector.cs2_k],
      [responder, vector.cs2_k, vector.cs1_k]
    ] as const) {
      const { sendKey, receiveKey, handshakeHash } = state.finish()
      expect([sendKey, receiveKey, handshakeHash].map(hex)).toEqual([
        sent,
        received,
        vector.handshake_hash
      ])
    }
  })

  it('has its static keys proved to each other', () => {
    expect(hex(responder.remoteStaticKey)).toBe(vector.static_i_public)
    expect(hex(initiator.remoteStaticKey)).toBe(vector.static_r_public)
  })
})

const best = createPrimitives()
const portable = createPrimitives({ implementation: 'portable' })

describe.each([XX, XXhfs])('$name', (pattern) => {
  it.each([
    ['best and best', best, best],
    ['best and portable', best, portable],
    ['portable and best', portable, best]
  ])('agrees on keys and hash, with payloads: %s', (_, cryptoI, cryptoR) => {
    const [initiator, responder] = pair(pattern, [cryptoI, cryptoR])
    const turns = [
      [initiator, responder],
      [responder, initiator],
      [initiator, responder]
    ] as const
    for (const [index, [writer, reader]] of turns.entries()) {
      const payload = text(`payload ${index}`)
      const message = writer.write(payload)
      expect(message).toHaveLength(messageLength(pattern, index) + payload.length)
      expect([...reader.read(message)]).toEqual([...payload])
    }
    const [one, other] = [initiator.finish(), responder.finish()]
    expect(hex(one.sendKey)).toBe(hex(other.receiveKey))
    expect(hex(one.receiveKey)).toBe(hex(other.sendKey))
    expect(hex(one.sendKey)).not.toBe(hex(one.receiveKey))
    expect(hex(one.handshakeHash)).toBe(hex(other.handshakeHash))
  })

  /** All messages before the one at `index`, then that one and who is to read it. */
  function upTo(index: number): { readonly message: Uint8Array; readonly reader: HandshakeState } {
    const [initiator, responder] = pair(pattern, [best, best])
    let [writer, reader] = [initiator, responder]
    for (let i = 0; ; i++) {
      const message = writer.write(EMPTY)
      if (i === index) return { message, reader }
      reader.read(message)
      ;[writer, reader] = [reader, writer]
    }
  }

  it.each([0, 1, 2])('takes no message %i that was cut off', (index) => {
    const length = messageLength(pattern, index)
    for (const kept of [0, 1, 31, Math.floor(length / 2), length - 1]) {
      const { message, reader } = upTo(index)
      expect(() => reader.read(message.subarray(0, kept))).toThrow(Error)
    }
  })

  it.each([1, 2])('takes no message %i in which a bit was flipped', (index) => {
    const length = messageLength(pattern, index)
    for (const place of [0, 31, 32, 40, length - 17, length - 1]) {
      const { message, reader } = upTo(index)
      message[place] = (message[place] ?? 0) ^ 1
      expect(() => reader.read(message)).toThrow(Error)
    }
  })

  it('fails at the second message when the first was altered on its way', () => {
    const [initiator, responder] = pair(pattern, [best, best])
    const first = initiator.write(EMPTY)
    first[first.length - 1] = (first.at(-1) ?? 0) ^ 1
    responder.read(first)
    const second = responder.write(EMPTY)
    expect(() => initiator.read(second)).toThrow(expect.objectContaining({ code: 'NOT_AUTHENTIC' }))
  })

  it('refuses an ephemeral key of low order', () => {
    const [, responder] = pair(pattern, [best, best])
    const first = pair(pattern, [best, best])[0].write(EMPTY)
    responder.read(first.fill(0, 0, 32))
    expect(() => responder.write(EMPTY)).toThrow(
      expect.objectContaining({ code: 'BAD_PUBLIC_KEY' })
    )
  })

  it('has no fourth message', () => {
    const { message, reader } = upTo(2)
    reader.read(message)
    expect(() => reader.write(EMPTY)).toThrow(TypeError)
  })
})

it('refuses a KEM key that is none', () => {
  const [initiator, responder] = pair(XXhfs, [best, best])
  const first = initiator.write(EMPTY)
  responder.read(first.fill(0xff, 32, 40))
  expect(() => responder.write(EMPTY)).toThrow(expect.objectContaining({ code: 'BAD_PUBLIC_KEY' }))
})
