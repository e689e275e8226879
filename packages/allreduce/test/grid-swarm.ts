import { createSimnet, type Simnet, type SimnetInit, type SimPeer } from '@daa-compute/simnet'
import { type Grid, type GridInit, joinGrid } from '../src/index.ts'

/** Simulated peers of one grid, each with one value. */
export interface GridSwarm {
  readonly net: Simnet
  readonly members: readonly GridMember[]
  /** Lets peers join; call it inside `net.run`. */
  joinAll(options?: (index: number) => Partial<GridInit>): Promise<void>
  /** Adds one that comes later. */
  add(value: number, options?: Partial<GridInit>): Promise<GridMember>
}

export interface GridMember {
  readonly peer: SimPeer
  readonly grid: Grid
  readonly values: Float32Array
}

export function createGridSwarm(
  size: number,
  shape: { readonly groupSize: number; readonly dimensions: number },
  init: Partial<SimnetInit> = {}
): GridSwarm {
  const net = createSimnet({ seed: 1, latencyMs: { min: 1, max: 10 }, maxEvents: 1e8, ...init })
  const directory = net.directory()
  const members: GridMember[] = []
  let names = 0
  const enter = async (value: number, options: Partial<GridInit> = {}): Promise<GridMember> => {
    const peer = net.addPeer(`peer-${String(names++).padStart(4, '0')}`)
    const { connector, clock, random } = peer
    const grid = await joinGrid({
      ...{ run: 'grid', connector, clock, random, directory: directory.join(peer) },
      ...shape,
      ...options
    })
    return { peer, grid, values: Float32Array.of(value, 2 * value) }
  }
  return {
    net,
    members,
    async joinAll(options = () => ({})) {
      const all = Array.from({ length: size }, (_, i) => enter(i, options(i)))
      members.push(...(await Promise.all(all)))
      // directories learn of everybody
      await sleep(net, 100)
    },
    async add(value, options) {
      const member = await enter(value, options)
      members.push(member)
      return member
    }
  }
}

export function sleep(net: Simnet, ms: number): Promise<void> {
  return new Promise((resolve) => void net.clock.schedule(ms, resolve))
}

/** Digits of a number, the last first: the places of a grid that is full. */
export function digitsOf(index: number, base: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(index / base ** i) % base)
}

/** How far values are from their mean: the root of the mean square. */
export function spreadOf(members: readonly GridMember[]): number {
  const values = members.map((member) => member.values[0] ?? Number.NaN)
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}
