import {
  type ConnectionEncrypter,
  type ConnectionProtector,
  type MessageStream,
  StreamMessageEvent,
  type Upgrader
} from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { HandshakeError } from './handshake/errors.ts'
import type { Ahead } from './handshake/message-pipe.ts'
import { CLASSICAL, HYBRID } from './protocols.ts'

/** The lines of multistream-select: https://github.com/multiformats/multistream-select */
const HEADER = line('/multistream/1.0.0')
const NOT_AVAILABLE = line('na')
const PROPOSE_HYBRID = line(HYBRID.protocol)
const PROPOSE_CLASSICAL = line(CLASSICAL.protocol)

/** Proposals that were not sent yet, by the stream that they are for. */
const held = new WeakMap<MessageStream, readonly string[]>()

/** Streams whose remote proposed what is refused here, and was told so. */
const turnedDown = new WeakSet<MessageStream>()

/** Encrypters that know of held proposals. */
const knowing = new WeakSet<ConnectionEncrypter>()

/** Says that an encrypter begins with {@link takeHeldProposal}. */
export function sendsHeldProposals<E extends ConnectionEncrypter>(encrypter: E): E {
  knowing.add(encrypter)
  return encrypter
}

/** Options of {@link eagerSelection}. */
export interface EagerSelectionInit {
  /** Classical Noise is in the list of encryptions for its refusal only. */
  readonly refuseClassical: boolean
}

/**
 * Saves the round trip that falling back from hybrid to classical Noise would
 * cost.
 *
 * libp2p proposes one encryption after the other and waits for each answer. What
 * the last one of the list will be answered, and what follows it, is clear
 * before: so that proposal is held back, libp2p is told that it was taken, and
 * the encrypter sends it together with its first message, as go-libp2p's lazy
 * selection does. A hybrid peer costs as many flights as ever, a classical one as
 * many as if nothing else had been proposed.
 *
 * It is a protector of connections because that is where libp2p lets itself be
 * shown them before it selects; it protects nothing.
 */
export function eagerSelection(
  init: EagerSelectionInit
): (components: {
  readonly upgrader: Pick<Upgrader, 'getConnectionEncrypters'>
}) => ConnectionProtector {
  return (components) => ({
    protect(stream) {
      const encrypters = components.upgrader.getConnectionEncrypters()
      const classical = encrypters.get(CLASSICAL.protocol)
      // with an encrypter from elsewhere in its place everything is as libp2p has it
      if (classical !== undefined && knowing.has(classical)) {
        watch(stream, [...encrypters.keys()], init)
      }
      return Promise.resolve(stream)
    }
  })
}

/** Ends the watching of a stream that an encrypter takes over. @returns what it has to send first */
export function takeHeldProposal(stream: MessageStream): Ahead | undefined {
  unwatch(stream)
  const offered = held.get(stream)
  if (offered === undefined) return undefined
  held.delete(stream)
  return {
    bytes: PROPOSE_CLASSICAL,
    async readAnswer(take) {
      const start = await take(NOT_AVAILABLE.length)
      if (equal(start, NOT_AVAILABLE)) throw noCommonSuite(offered)
      const rest = await take(PROPOSE_CLASSICAL.length - NOT_AVAILABLE.length)
      if (!equal(new Uint8ArrayList(start, rest).subarray(), PROPOSE_CLASSICAL)) {
        throw noCommonSuite(offered)
      }
    }
  }
}

/** Whether the remote of a stream was told that its proposal of classical Noise is refused. */
export function wasTurnedDown(stream: MessageStream): boolean {
  return turnedDown.has(stream)
}

/** Own functions that stand in front of a stream's `send`, by the stream. */
const originals = new WeakMap<MessageStream, MessageStream['send']>()

function watch(
  stream: MessageStream,
  offered: readonly string[],
  { refuseClassical }: EagerSelectionInit
): void {
  const send = stream.send
  originals.set(stream, send)
  const pass = (data: Uint8Array | Uint8ArrayList): boolean => send.call(stream, data)
  let state: 'start' | 'proposed' | 'answering' = 'start'

  stream.send = (data) => {
    const bytes = data.subarray()
    if (state === 'start' && equal(bytes, join(HEADER, PROPOSE_HYBRID))) {
      state = 'proposed'
      return pass(data)
    }
    if (state === 'start' && refuseClassical && equal(bytes, HEADER)) {
      state = 'answering'
      return pass(data)
    }
    if (state === 'answering' && !equal(bytes, PROPOSE_HYBRID)) {
      if (!equal(bytes, PROPOSE_CLASSICAL)) return pass(data)
      unwatch(stream)
      turnedDown.add(stream)
      return pass(NOT_AVAILABLE)
    }
    unwatch(stream)
    const last = offered.at(-1) === CLASSICAL.protocol
    if (state !== 'proposed' || !last || !equal(bytes, PROPOSE_CLASSICAL)) return pass(data)
    held.set(stream, offered)
    stream.dispatchEvent(new StreamMessageEvent(new Uint8ArrayList(PROPOSE_CLASSICAL)))
    return true
  }
}

function unwatch(stream: MessageStream): void {
  const send = originals.get(stream)
  if (send === undefined) return
  originals.delete(stream)
  stream.send = send
}

function noCommonSuite(offered: readonly string[]): HandshakeError<'NO_COMMON_SUITE'> {
  return new HandshakeError(
    'NO_COMMON_SUITE',
    `the remote speaks none of ${offered.join(', ')}; it may be a peer of another kind of network`,
    { offered }
  )
}

function line(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(`${text}\n`)
  return Uint8Array.of(bytes.length, ...bytes)
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8ArrayList(...parts).subarray()
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
