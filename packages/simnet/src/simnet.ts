import type { AbortOptions, Clock, Random } from '@daa-compute/interface'
import type { SimDirectory } from './directory.ts'
import { Network } from './network.ts'
import { checkOptions, type SimnetInit } from './options.ts'
import type { SimPeer } from './peer.ts'
import type { Tamperer } from './tamper.ts'
import type { FrameHandler } from './tap.ts'

/** A network of simulated peers in virtual time. */
export interface Simnet {
  /** The seed, as text. */
  readonly seed: string
  /** The simulation's time, for code that belongs to no peer. */
  readonly clock: Clock
  /** A stream for code that belongs to no peer. */
  readonly random: Random
  /** Events that have happened so far. */
  readonly events: number

  /**
   * A hash of everything that has happened so far, 16 hexadecimal digits: the same after every run
   * of one program and one seed. Of frames it takes in the length and some of the bytes.
   */
  readonly traceHash: string

  /**
   * Adds a peer.
   *
   * @throws {SimnetError} `PEER_EXISTS` while a peer of that name lives
   * @throws {TypeError} when the text cannot be a peer id
   */
  addPeer(id: string): SimPeer

  /**
   * Lets only peers of one group reach each other; those that no group names are another one. It
   * takes the place of an earlier partition. Ids need not exist yet.
   *
   * What travels between groups stalls, as on a TCP connection whose packets are lost: channels
   * wait, and fail with `RESET` after `stallTimeoutMs`; `open` fails after `openTimeoutMs`;
   * broadcast messages are lost. Once the groups reach each other again, the rest arrives in order.
   *
   * @throws {SimnetError} `BAD_OPTION` when a peer is in two groups
   */
  partition(groups: Iterable<Iterable<string>>): void
  /** Ends the partition and every cut. */
  heal(): void
  /** Blocks the one way from a peer to another, with the same effects in that direction. */
  cut(from: string, to: string): void
  /** Opens it again, unless a partition blocks it. */
  restore(from: string, to: string): void
  /** Loses the connection of two peers: their channels fail with `RESET` now and may be reopened. */
  resetLink(a: string, b: string): void

  /**
   * Calls back at every frame of a channel before it leaves its sender and before it reaches its
   * receiver, whose code has not seen it. The callback may apply any fault: a sender that it
   * crashes has not sent the frame, one that it freezes sends it when it thaws; likewise a
   * receiver.
   *
   * @returns a function that ends it
   */
  onFrame(handler: FrameHandler): () => void

  /**
   * Alters, drops, multiplies or replaces what a peer sends to another, behind `onFrame`. A frame
   * that becomes longer than `maxFrameLength` makes the receiver abort the channel.
   *
   * @param protocolPrefix how the protocols start that it is about; all if left out
   * @returns a function that ends it
   */
  tamper(from: string, to: string, tamperer: Tamperer): () => void
  tamper(from: string, to: string, protocolPrefix: string, tamperer: Tamperer): () => void

  /** Makes a directory of one swarm, empty at first. */
  directory(): SimDirectory

  /**
   * Runs a program in virtual time: calls `main` and makes everything happen that was planned,
   * moment by moment, until the promise of `main` settles; then settles like it. What is still
   * planned happens in the next run.
   *
   * All that the program awaits must come from the simulation or be settled already; what takes
   * real time (`import()`, compiling WebAssembly, I/O, timers) belongs before the run.
   *
   * @param options its signal ends the run early, with the signal's reason
   * @throws {SimnetError} `DEADLOCK`, `TIME_LIMIT`, `EVENT_LIMIT`, `ALREADY_RUNNING`
   * @throws what a timer or handler of the program threw: it ends the run, as it would a process
   */
  run<T>(main: () => Promise<T>, options?: AbortOptions): Promise<T>
}

/**
 * Creates a simulated network. There is no wall clock in it and no chance but the seed's, so that
 * one seed gives the same run, event for event, on every machine.
 *
 * @throws {SimnetError} `BAD_OPTION`
 */
export function createSimnet(init: SimnetInit): Simnet {
  return new Network(checkOptions(init))
}
