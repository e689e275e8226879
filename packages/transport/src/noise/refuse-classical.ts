import type { ConnectionEncrypter, MessageStream, SecureConnectionOptions } from '@libp2p/interface'
import { sendsHeldProposals, takeHeldProposal, wasTurnedDown } from './eager-selection.ts'
import { HandshakeError } from './handshake/errors.ts'
import { rememberHandshakeError } from './handshake/explain-handshake-error.ts'
import { CLASSICAL, HYBRID } from './protocols.ts'

/** What {@link refuseClassical} makes, and what that makes. */
const refusing = new WeakSet<object>()

/** Whether encrypters, or what makes them, are of a node that requires post-quantum encryption. */
export function requirePostQuantum(encrypters: Iterable<object>): boolean {
  return [...encrypters].some((encrypter) => refusing.has(encrypter))
}

/**
 * Stands where classical Noise would, so that a peer that has nothing better is
 * refused with an error that says so, whoever dialled whom.
 */
export function refuseClassical(): () => ConnectionEncrypter {
  const create = (): ConnectionEncrypter => {
    const encrypter: ConnectionEncrypter = sendsHeldProposals({
      protocol: CLASSICAL.protocol,
      async secureOutbound(stream) {
        // the proposal of classical Noise was held back and is never sent
        takeHeldProposal(stream)
        const error = refusal(stream, 'outbound')
        stream.abort(error)
        throw error
      },
      async secureInbound(stream, options) {
        takeHeldProposal(stream)
        const error = refusal(stream, 'inbound')
        if (wasTurnedDown(stream)) await sayGoodbye(stream, options)
        stream.abort(error)
        throw error
      }
    })
    refusing.add(encrypter)
    return encrypter
  }
  refusing.add(create)
  return create
}

function refusal(stream: MessageStream, direction: 'inbound' | 'outbound'): HandshakeError {
  const error = new HandshakeError(
    'POST_QUANTUM_REQUIRED',
    `the remote speaks ${CLASSICAL.protocol} only, and this end requires ${HYBRID.protocol}; update the remote, or allow it with postQuantum: 'prefer'`,
    { direction }
  )
  rememberHandshakeError(stream, error)
  return error
}

/** Has what the remote was told sent before the connection goes. */
async function sayGoodbye(
  stream: MessageStream,
  options: SecureConnectionOptions | undefined
): Promise<void> {
  try {
    await stream.close(options)
  } catch {
    // it is gone already, or does not take what is sent; refused it is anyway
  }
}
