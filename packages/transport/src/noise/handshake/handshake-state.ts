import {
  AEAD_TAG_LENGTH,
  type KemKeyPair,
  type KeyPair,
  ML_KEM_768_CIPHERTEXT_LENGTH,
  ML_KEM_768_PUBLIC_KEY_LENGTH,
  type Primitives,
  X25519_KEY_LENGTH
} from '@daa-compute/crypto'
import type { NoiseSession } from '../session.ts'
import type { Pattern, Token } from './patterns.ts'
import { SymmetricState } from './symmetric-state.ts'

/** Options of {@link HandshakeState}. */
export interface HandshakeStateInit {
  readonly pattern: Pattern
  readonly initiator: boolean
  readonly crypto: Primitives
  /** The static key of this end. */
  readonly staticKey: KeyPair
}

/**
 * One end of a handshake: `HandshakeState` of the Noise specification, section
 * 5.3, without a prologue. It goes through the messages of its pattern token by
 * token, in their order; whoever calls it takes turns with the remote end.
 *
 * A message that is too short, or not authentic, throws; the state is of no use
 * afterwards.
 */
export class HandshakeState {
  readonly #crypto: Primitives
  readonly #initiator: boolean
  readonly #messages: readonly (readonly Token[])[]
  readonly #symmetric: SymmetricState
  readonly #s: KeyPair
  #next = 0
  #e: KeyPair | undefined
  #e1: KemKeyPair | undefined
  #remoteE: Uint8Array | undefined
  #remoteE1: Uint8Array | undefined
  #remoteS: Uint8Array | undefined

  constructor({ pattern, initiator, crypto, staticKey }: HandshakeStateInit) {
    this.#crypto = crypto
    this.#initiator = initiator
    this.#messages = pattern.messages
    this.#s = staticKey
    this.#symmetric = new SymmetricState(crypto, pattern.name)
    // the prologue: libp2p has none
    this.#symmetric.mixHash(new Uint8Array())
  }

  /** The static key that the remote has proved to own; there once its `s` was read. */
  get remoteStaticKey(): Uint8Array {
    return known(this.#remoteS)
  }

  /** This end's next message. */
  write(payload: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = []
    for (const token of this.#takeTurn()) parts.push(this.#writeToken(token))
    parts.push(this.#symmetric.encryptAndHash(payload))
    return concat(parts)
  }

  /**
   * @returns the payload of the remote's next message
   * @throws RangeError for a message that is too short; CryptoError otherwise
   */
  read(message: Uint8Array): Uint8Array {
    let rest = message
    const take = (length: number): Uint8Array => {
      if (rest.length < length) throw new RangeError('the message ends too soon')
      const bytes = rest.subarray(0, length)
      rest = rest.subarray(length)
      return bytes
    }
    for (const token of this.#takeTurn()) this.#readToken(token, take)
    return this.#symmetric.decryptAndHash(rest)
  }

  /** After the last message. */
  finish(): NoiseSession {
    const [initiators, responders] = this.#symmetric.split()
    return {
      sendKey: this.#initiator ? initiators : responders,
      receiveKey: this.#initiator ? responders : initiators,
      handshakeHash: this.#symmetric.hash
    }
  }

  #takeTurn(): readonly Token[] {
    return known(this.#messages[this.#next++])
  }

  #writeToken(token: Token): Uint8Array {
    switch (token) {
      case 'e':
        this.#e = this.#crypto.x25519.createKeyPair()
        this.#symmetric.mixHash(this.#e.publicKey)
        return this.#e.publicKey
      case 's':
        return this.#symmetric.encryptAndHash(this.#s.publicKey)
      case 'e1':
        this.#e1 = this.#crypto.mlKem768.createKeyPair()
        return this.#symmetric.encryptAndHash(this.#e1.publicKey)
      case 'ekem1': {
        const remote = known(this.#remoteE1)
        const { ciphertext, sharedSecret } = this.#crypto.mlKem768.encapsulate(remote)
        const sealed = this.#symmetric.encryptAndHash(ciphertext)
        this.#symmetric.mixKey(sharedSecret)
        return sealed
      }
      case 'ee':
      case 'es':
      case 'se':
        this.#agree(token)
        return new Uint8Array()
    }
  }

  #readToken(token: Token, take: (length: number) => Uint8Array): void {
    const tagLength = this.#symmetric.hasKey ? AEAD_TAG_LENGTH : 0
    switch (token) {
      case 'e':
        this.#remoteE = take(X25519_KEY_LENGTH)
        this.#symmetric.mixHash(this.#remoteE)
        return
      case 's':
        this.#remoteS = this.#symmetric.decryptAndHash(take(X25519_KEY_LENGTH + tagLength))
        return
      case 'e1':
        this.#remoteE1 = this.#symmetric.decryptAndHash(
          take(ML_KEM_768_PUBLIC_KEY_LENGTH + tagLength)
        )
        return
      case 'ekem1': {
        const sealed = take(ML_KEM_768_CIPHERTEXT_LENGTH + tagLength)
        const ciphertext = this.#symmetric.decryptAndHash(sealed)
        this.#symmetric.mixKey(known(this.#e1).decapsulate(ciphertext))
        return
      }
      case 'ee':
      case 'es':
      case 'se':
        this.#agree(token)
    }
  }

  /** The first letter is the initiator's key, the second the responder's. */
  #agree(token: 'ee' | 'es' | 'se'): void {
    const [mine, theirs] = this.#initiator ? [token[0], token[1]] : [token[1], token[0]]
    const keyPair = mine === 'e' ? known(this.#e) : this.#s
    const remote = known(theirs === 'e' ? this.#remoteE : this.#remoteS)
    this.#symmetric.mixKey(keyPair.agree(remote))
  }
}

/** What the pattern says is there by now. */
function known<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('a handshake was used out of turn')
  return value
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}
