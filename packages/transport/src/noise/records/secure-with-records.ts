import { createRecordCiphers } from '@daa-compute/crypto'
import type { MessageStream } from '@libp2p/interface'
import { readIntoSlab } from '../../tcp/read-into-slab.ts'
import { hasSocket } from '../../tcp/socket-of.ts'
import type { NoiseSession } from '../session.ts'
import { RecordStream } from './record-stream.ts'

/**
 * Encrypts a connection with what a handshake has left: libp2p's Noise, byte for
 * byte, but written and read with as little garbage as the platform permits.
 *
 * Takes the connection over synchronously: no byte may be dispatched between the
 * last message of the handshake and this, or its record would be missed.
 *
 * @param early bytes that came behind that message
 * @returns the encrypted connection, whose bytes can be borrowed ({@link borrowFrom});
 *   a record that is not authentic aborts it with a {@link RecordError}, as do one
 *   that is too short and an end within a record
 * @throws CryptoError `BAD_LENGTH`
 */
export function secureWithRecords(
  stream: MessageStream,
  session: NoiseSession,
  early?: Uint8Array
): MessageStream {
  const { createSealer, createOpener } = createRecordCiphers()
  const socket = hasSocket(stream) ? stream : undefined
  const secured = new RecordStream({
    stream,
    socket,
    sealer: createSealer(session.sendKey),
    opener: createOpener(session.receiveKey),
    early
  })
  if (socket !== undefined) readIntoSlab(socket)
  return secured
}
