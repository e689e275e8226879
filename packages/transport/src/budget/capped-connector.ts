import type { Budget, Channel, Clock, Connector, Metrics } from '@daa-compute/interface'
import { LimitsError } from '../limits/errors.ts'
import { systemClock } from '../system-clock.ts'
import { CappedChannel, type Caps } from './capped-channel.ts'
import { createBudgetMetrics } from './metrics.ts'
import { createShaper, type Shaper } from './shaper.ts'

/** Options of {@link capConnector}. */
export interface CappedConnectorInit {
  /** Any; it stays the caller's to stop. */
  readonly connector: Connector
  /** What is left out is not capped; with neither cap the connector is returned as it is. */
  readonly budget: Pick<Budget, 'uploadBitsPerSecond' | 'downloadBitsPerSecond'>
  /** Default: the platform's */
  readonly clock?: Clock | undefined
  readonly metrics?: Metrics | undefined
}

/**
 * Caps what all channels of a connector send and receive together.
 *
 * **Up.** A frame waits until as many bytes as it takes may leave; `send` resolves
 * later by as much. **Down.** A frame that has come is handed out only when as many
 * bytes may have come: who does not read makes the remote wait, so what comes beyond
 * the cap is what flow control lets be under way, once.
 *
 * Short frames, which carry votes and signs of life, go before long ones, except on
 * the channel of the long one, where order counts; they take from the same cap.
 *
 * Counted are frames and what framing, multiplexing and encryption add to them. Not
 * counted are handshakes, pings, announcements and the like, some hundred bytes/s
 * between two peers, and the headers of TCP and IP, 3 to 5%.
 *
 * @throws {LimitsError} `BAD_LIMIT` for a cap that is no number above 0
 */
export function capConnector(init: CappedConnectorInit): Connector {
  const { connector, budget, clock = systemClock, metrics } = init
  const shaperOf = (name: keyof CappedConnectorInit['budget']): Shaper => {
    const bitsPerSecond = budget[name] ?? Infinity
    if (!(typeof bitsPerSecond === 'number' && bitsPerSecond > 0)) {
      throw new LimitsError(
        'BAD_LIMIT',
        `${name}: ${String(bitsPerSecond)} is no cap; give it bits per second above 0, or set \`metered\` to send as little as possible`,
        { name, value: bitsPerSecond }
      )
    }
    return createShaper({ bitsPerSecond, clock })
  }
  const caps: Caps = {
    up: shaperOf('uploadBitsPerSecond'),
    down: shaperOf('downloadBitsPerSecond'),
    metrics: createBudgetMetrics(metrics)
  }
  const { uploadBitsPerSecond = Infinity, downloadBitsPerSecond = Infinity } = budget
  if (uploadBitsPerSecond === Infinity && downloadBitsPerSecond === Infinity) return connector
  const cap = (channel: Channel): Channel => new CappedChannel(channel, caps)
  return {
    self: connector.self,
    async open(peer, protocol, options) {
      return cap(await connector.open(peer, protocol, options))
    },
    accept: (protocol, handler) => connector.accept(protocol, (channel) => handler(cap(channel)))
  }
}
