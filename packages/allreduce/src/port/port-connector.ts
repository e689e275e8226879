import type { AcceptHandler, Connector, PeerId } from '@daa-compute/interface'
import { DEFAULT_MAX_FRAME_LENGTH, DEFAULT_WINDOW_LENGTH } from './constants.ts'
import { alreadyAcceptedError, stoppedError, unreachableError } from './errors.ts'
import { PortLink } from './port-link.ts'

/** What a port tells its listeners. */
export interface PortEvent {
  readonly type: string
  readonly data?: unknown
}

/** What is needed of a `MessagePort`, of a browser or of `node:worker_threads`. */
export interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void
  addEventListener(type: string, listener: (event: PortEvent) => void): void
  removeEventListener(type: string, listener: (event: PortEvent) => void): void
  start(): void
  close(): void
}

export interface PortConnectorInit {
  /** The peer that this end is: any name, the same that the others use for it. */
  readonly self: PeerId
  /** A port to each other peer, its counterpart given to that one; used for nothing else. */
  readonly ports: ReadonlyMap<PeerId, Port>
  /** Longest frame, in bytes: the same at each end. Default 1 MiB and a header */
  readonly maxFrameLength?: number | undefined
  /** Bytes that a channel may have sent ahead of its reader. Default 4 MiB */
  readonly windowLength?: number | undefined
}

/** A connector that can be stopped. */
export interface PortConnector extends Connector {
  /** Aborts what is open, and closes the ports. Idempotent. */
  stop(): Promise<void>
}

/**
 * Connects peers that are workers, frames or tabs of one program by message
 * ports. Who is at the other end is who was given the port: nothing is checked
 * or encrypted.
 *
 * A frame is copied once, at its sender, and moves from there. Ports of
 * `node:worker_threads` keep their thread alive until {@link PortConnector.stop}.
 */
export function createPortConnector(init: PortConnectorInit): PortConnector {
  const { self, maxFrameLength = DEFAULT_MAX_FRAME_LENGTH } = init
  const { windowLength = DEFAULT_WINDOW_LENGTH } = init
  const handlers = new Map<string, AcceptHandler>()
  const links = new Map(
    [...init.ports].map(([peer, port]) => [
      peer,
      new PortLink({ peer, port, maxFrameLength, windowLength, handlers })
    ])
  )
  let isStopped = false
  return {
    self,
    async open(peer, protocol, options = {}) {
      if (isStopped) throw stoppedError()
      options.signal?.throwIfAborted()
      const link = links.get(peer)
      if (link === undefined) throw unreachableError(peer)
      return await link.open(protocol, options)
    },
    async accept(protocol, handler) {
      if (isStopped) throw stoppedError()
      if (handlers.has(protocol)) throw alreadyAcceptedError(protocol)
      handlers.set(protocol, handler)
      return async () => {
        if (handlers.get(protocol) === handler) handlers.delete(protocol)
      }
    },
    async stop() {
      if (isStopped) return
      isStopped = true
      handlers.clear()
      for (const link of links.values()) link.stop(stoppedError())
    }
  }
}
