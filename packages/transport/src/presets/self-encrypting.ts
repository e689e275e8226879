import type { Transport, Upgrader } from '@libp2p/interface'
import { TransportError } from '../errors.ts'
import type { EncryptionOptions } from '../noise/encryption.ts'
import { requirePostQuantum } from '../noise/refuse-classical.ts'

/**
 * Whether transports may be used that bring encryption of their own along, which
 * is DTLS or TLS with whatever the platform agrees on: nobody can tell whether
 * it is post-quantum.
 */
export function mayEncryptThemselves({ postQuantum }: EncryptionOptions = {}): boolean {
  return postQuantum !== 'require'
}

/** @throws TransportError `NOT_POST_QUANTUM` */
export function checkMayEncryptItself(transport: string, options?: EncryptionOptions): void {
  if (mayEncryptThemselves(options)) return
  throw notPostQuantum(transport)
}

/**
 * Makes a transport that encrypts by itself, unless the node requires post-quantum
 * encryption: however presets are put together, it would have connections that are not.
 *
 * @throws TransportError `NOT_POST_QUANTUM`, what is returned
 */
export function unlessRequired<
  Components extends { readonly upgrader: Pick<Upgrader, 'getConnectionEncrypters'> }
>(
  transport: string,
  create: (components: Components) => Transport
): (components: Components) => Transport {
  return (components) => {
    const encrypters = components.upgrader.getConnectionEncrypters()
    if (requirePostQuantum(encrypters.values())) throw notPostQuantum(transport)
    return create(components)
  }
}

function notPostQuantum(transport: string): TransportError<'NOT_POST_QUANTUM'> {
  return new TransportError(
    'NOT_POST_QUANTUM',
    `${transport} encrypts by itself, not provably post-quantum; leave it out, or choose postQuantum: 'prefer'`,
    { transport }
  )
}
