import type { KeyPair, Primitives } from '@daa-compute/crypto'
import type { PeerId } from '@libp2p/interface'
import { MAX_HANDSHAKE_PAYLOAD } from '../../constants.ts'
import type { NoiseSession } from '../session.ts'
import { badMessage } from './errors.ts'
import { HandshakeState } from './handshake-state.ts'
import { verifyStaticKey } from './identity-proof.ts'
import type { MessagePipe } from './message-pipe.ts'
import { messageLength, type Pattern } from './patterns.ts'
import { decodePayload, type HandshakeExtensions } from './payload.ts'

/** Options of {@link shakeHands}. */
export interface HandshakeInit {
  readonly pattern: Pattern
  readonly crypto: Primitives
  /** The static key of this end. */
  readonly staticKey: KeyPair
  /** What this end tells of itself, encoded. */
  readonly payload: Uint8Array
  /** The peer that was dialled, if one was. */
  readonly expected: PeerId | undefined
}

/** What came of a handshake. */
export interface HandshakeResult {
  readonly session: NoiseSession
  /** Who the remote has proved to be. */
  readonly remotePeer: PeerId
  readonly remoteExtensions: HandshakeExtensions
}

const NOTHING = new Uint8Array()

/**
 * The three messages of libp2p's Noise: the ends tell each other who they are in
 * the second and third one, the first to be encrypted.
 *
 * @throws HandshakeError; the reason of the pipe's signal
 */
export async function initiate(pipe: MessagePipe, init: HandshakeInit): Promise<HandshakeResult> {
  const state = new HandshakeState({ ...init, initiator: true })
  pipe.send(state.write(NOTHING), 1)
  const remote = await readPayload(pipe, state, init, 1)
  const identified = await identify(remote, state, init)
  pipe.send(state.write(init.payload), 3)
  return { ...identified, session: state.finish() }
}

/** The same for the end that was dialled. */
export async function respond(pipe: MessagePipe, init: HandshakeInit): Promise<HandshakeResult> {
  const state = new HandshakeState({ ...init, initiator: false })
  await readPayload(pipe, state, init, 0)
  // which agrees with a key of the first message, and fails if that is none
  pipe.send(
    step(1, () => state.write(init.payload)),
    2
  )
  const remote = await readPayload(pipe, state, init, 2)
  pipe.pause()
  const identified = await identify(remote, state, init)
  return { ...identified, session: state.finish() }
}

async function readPayload(
  pipe: MessagePipe,
  state: HandshakeState,
  { pattern }: HandshakeInit,
  index: number
): Promise<Uint8Array> {
  const shortest = messageLength(pattern, index)
  // the first message is not encrypted and says nothing of anybody
  const longest = index === 0 ? shortest : shortest + MAX_HANDSHAKE_PAYLOAD
  const message = await pipe.receive(index + 1, shortest, longest)
  return step(index + 1, () => state.read(message))
}

/** Whatever is wrong with a message, it is the remote's fault: this end's part is done right. */
function step(message: number, work: () => Uint8Array): Uint8Array {
  try {
    return work()
  } catch (cause) {
    throw badMessage(message, cause)
  }
}

async function identify(
  bytes: Uint8Array,
  state: HandshakeState,
  { expected }: HandshakeInit
): Promise<Omit<HandshakeResult, 'session'>> {
  const payload = decodePayload(bytes)
  const remotePeer = await verifyStaticKey(payload, state.remoteStaticKey, expected)
  return { remotePeer, remoteExtensions: payload.extensions }
}
