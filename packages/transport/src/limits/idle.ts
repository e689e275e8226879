import type { Clock } from '@daa-compute/interface'
import type { Connection } from '@libp2p/interface'
import { IDLE_CHECKS, PING_PROTOCOL } from '../constants.ts'
import { RefusalError } from './errors.ts'
import type { GuardedConnections } from './guarded-connections.ts'
import type { TransportLimits } from './limits.ts'

/** Closes connections on which nothing has been open for too long. */
export function lookForIdle(
  connections: GuardedConnections,
  { idleTimeoutMs }: TransportLimits,
  clock: Clock
): () => void {
  if (idleTimeoutMs === Infinity) return () => {}
  const look = (): void => {
    const now = clock.now()
    for (const guarded of connections) {
      const { connection, peer } = guarded
      if (connection === undefined || peer === undefined) continue
      if (isBusy(connection)) guarded.busyAt = now
      if (now - guarded.busyAt < idleTimeoutMs || guarded.refusal !== undefined) continue
      guarded.refuse(
        new RefusalError(
          'IDLE',
          `nothing was open on the connection to ${peer} for ${idleTimeoutMs} ms; it is closed, and made again when there is something to send`,
          { peer, limitMs: idleTimeoutMs }
        )
      )
      connection.close().catch((error: unknown) => connection.abort(error as Error))
    }
    cancel = clock.schedule(idleTimeoutMs / IDLE_CHECKS, look)
  }
  let cancel = clock.schedule(idleTimeoutMs / IDLE_CHECKS, look)
  return () => cancel()
}

/** Pings are no use of a connection, and those of this end have no name until they are answered. */
function isBusy({ streams }: Connection): boolean {
  return streams.some(
    ({ protocol, direction }) =>
      protocol !== PING_PROTOCOL && (protocol !== '' || direction === 'inbound')
  )
}
