import type { MessageStream } from '@libp2p/interface'
import { MAX_REMEMBERED_HANDSHAKE_ERRORS } from '../../constants.ts'
import { HandshakeError } from './errors.ts'

/**
 * The latest errors by their messages. libp2p makes an error of its own of each
 * and keeps of it the message alone, which says all that code and details do: so
 * whichever error had that message, it is the right one.
 */
const remembered = new Map<string, HandshakeError>()

/** The same by the connection that they were about. */
const byStream = new WeakMap<MessageStream, HandshakeError>()

/** Notes an error that is about to go through libp2p. */
export function rememberHandshakeError(stream: MessageStream, error: HandshakeError): void {
  byStream.set(stream, error)
  remembered.delete(error.message)
  remembered.set(error.message, error)
  if (remembered.size <= MAX_REMEMBERED_HANDSHAKE_ERRORS) return
  for (const oldest of remembered.keys()) {
    remembered.delete(oldest)
    break
  }
}

/** Why there was no encryption on a connection of a transport, if it came to that. */
export function handshakeErrorOf(stream: MessageStream): HandshakeError | undefined {
  return byStream.get(stream)
}

/**
 * Tells from what dialling rejected with why the two peers could not agree on an
 * encrypted connection. Where several addresses were tried, of the first for
 * which that was it.
 *
 * @returns `undefined` for an error that is not about that, or is long ago
 */
export function explainHandshakeError(error: unknown): HandshakeError | undefined {
  for (const one of causesOf(error)) {
    if (one instanceof HandshakeError) return one
    const known = remembered.get(one.message)
    if (known !== undefined) return known
  }
  return undefined
}

/** An error, what it is made of and what caused it; each once, as some are their own cause. */
function causesOf(error: unknown): Iterable<Error> {
  const found = new Set<Error>()
  const collect = (value: unknown): void => {
    if (!(value instanceof Error) || found.has(value)) return
    found.add(value)
    if (value instanceof AggregateError) for (const part of value.errors) collect(part)
    collect(value.cause)
  }
  collect(error)
  return found
}
