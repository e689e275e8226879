import { TransportError } from '../errors.ts'
import type { EncryptionOptions } from '../noise/encryption.ts'

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
  throw new TransportError(
    'NOT_POST_QUANTUM',
    `${transport} encrypts by itself, not provably post-quantum; leave it out, or choose postQuantum: 'prefer'`,
    { transport }
  )
}
