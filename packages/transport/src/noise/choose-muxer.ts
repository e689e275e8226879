import { harmlessNames } from '../harmless.ts'
import { HandshakeError } from './handshake/errors.ts'

/**
 * The multiplexer that both ends have and the initiator prefers:
 * https://github.com/libp2p/specs/blob/master/connections/inlined-muxer-negotiation.md
 *
 * @param own and
 * @param remote lists, the preferred one first
 * @returns `undefined` when an end leaves the choice for later
 * @throws HandshakeError `NO_COMMON_MUXER`
 */
export function chooseMuxer(
  own: readonly string[],
  remote: readonly string[],
  initiator: boolean
): string | undefined {
  if (own.length === 0 || remote.length === 0) return undefined
  const [first, second] = initiator ? [own, remote] : [remote, own]
  const chosen = first.find((protocol) => second.includes(protocol))
  if (chosen !== undefined) return chosen
  throw new HandshakeError(
    'NO_COMMON_MUXER',
    `the remote multiplexes by ${harmlessNames(remote)}, this end by ${own.join(' or ')}; configure one that both have`,
    { offered: own, remote }
  )
}
