import type { Budget, Channel, Clock, Connector } from '@daa-compute/interface'
import { createSimnet, type Simnet, type SimnetInit, type SimPeer } from '@daa-compute/simnet'
import { capConnector } from '../../src/index.ts'

/** Two simulated peers, the near one with a budget. */
export interface Capped {
  readonly simnet: Simnet
  readonly near: SimPeer
  readonly far: SimPeer
  readonly connector: Connector
  /** Another channel between them; call it inside `simnet.run`. */
  open(protocol: string): Promise<{ readonly near: Channel; readonly far: Channel }>
}

export function createCapped(budget: Budget, init: Partial<SimnetInit> = {}): Capped {
  const simnet = createSimnet({ seed: 1, latencyMs: 5, ...init })
  const near = simnet.addPeer('near')
  const far = simnet.addPeer('far')
  const connector = capConnector({ connector: near.connector, budget, clock: near.clock })
  return {
    simnet,
    near,
    far,
    connector,
    async open(protocol) {
      const accepted = Promise.withResolvers<Channel>()
      await far.connector.accept(protocol, accepted.resolve)
      return { near: await connector.open(far.id, protocol), far: await accepted.promise }
    }
  }
}

export function wait(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.schedule(ms, resolve))
}

/** Sends frames of one length until the channel ends. */
export async function pour(channel: Channel, length: number): Promise<void> {
  const frame = new Uint8Array(length)
  try {
    for (;;) await channel.send(frame)
  } catch {
    // the end of the test
  }
}

/** Reads until the channel ends, telling of every frame. */
export async function drain(channel: Channel, onFrame: (length: number) => void): Promise<void> {
  try {
    for (let frame = await channel.receive(); frame !== undefined;) {
      onFrame(frame.byteLength)
      frame = await channel.receive()
    }
  } catch {
    // the end of the test
  }
}
