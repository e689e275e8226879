import type { PeerId } from '@daa-compute/interface'
import type { ConnectionInfo } from '@daa-compute/transport'
import type { NetworkEvent, StartedNode } from './protocol.ts'

/** What can be asked of a node at once, as its events have told it. */
export class NodeMirror {
  readonly #peers = new Set<PeerId>()
  readonly #connections = new Map<string, ConnectionInfo>()
  #addresses: readonly string[] = []

  begin({ addresses, peers, connections }: StartedNode): void {
    this.#addresses = addresses
    for (const peer of peers) this.#peers.add(peer)
    for (const connection of connections) this.#connections.set(connection.id, connection)
  }

  get addresses(): readonly string[] {
    return this.#addresses
  }

  get peers(): readonly PeerId[] {
    return [...this.#peers]
  }

  get connections(): readonly ConnectionInfo[] {
    return [...this.#connections.values()]
  }

  apply(told: NetworkEvent): void {
    switch (told.name) {
      case 'peer:connect':
        this.#peers.add(told.event.peer)
        break
      case 'peer:disconnect':
        this.#peers.delete(told.event.peer)
        break
      case 'connection:open':
      case 'connection:change': {
        const { connection } = told.event
        this.#connections.set(connection.id, connection)
        break
      }
      case 'connection:close':
        this.#connections.delete(told.event.connection.id)
        break
      case 'addresses:change':
        this.#addresses = told.event.addresses
        break
      case 'bootstrap:failed':
      case 'connection:refused':
      case 'thread:lost':
    }
  }

  /** The node is no more: it is connected to nobody. */
  clear(): void {
    this.#peers.clear()
    this.#connections.clear()
  }
}
