import {
  DaaError,
  type ChannelErrorDetails,
  type ConnectorErrorDetails,
  type PeerId
} from '@daa-compute/interface'

/** Somebody who waits for the network at the end of a run that got nowhere. */
export interface SimWait {
  readonly peer: PeerId
  readonly operation: 'receive' | 'send' | 'close' | 'open'
  /** The other end of the channel. */
  readonly remote: PeerId
  readonly protocol: string
  /** Virtual time at which the wait began, in ms. */
  readonly sinceMs: number
}

/** Where a run stands that got nowhere. */
export interface SimDiagnosis {
  readonly seed: string
  /** Who waits for what. */
  readonly waits: readonly SimWait[]
  /** Peers that are frozen or slow, and ways that are blocked, a sentence each. */
  readonly faults: readonly string[]
}

/** Codes of a {@link SimnetError} and what each carries. */
export interface SimnetErrorDetails {
  /** The run has not settled and nothing is left that could happen. */
  DEADLOCK: { readonly nowMs: number } & SimDiagnosis
  /** The run took longer than `limit` ms of virtual time. */
  TIME_LIMIT: { readonly limit: number } & SimDiagnosis
  /** The run took more than `limit` events. */
  EVENT_LIMIT: { readonly limit: number } & SimDiagnosis
  /** `run` was called while another run was still going. */
  ALREADY_RUNNING: { readonly seed: string }
  /** A living peer of this simnet already has the name. */
  PEER_EXISTS: { readonly peer: PeerId }
  /** An option is not a value the simulation can work with. */
  BAD_OPTION: { readonly option: string; readonly value: unknown }
  /** A broadcast message is longer than `limit` bytes. */
  MESSAGE_TOO_LARGE: { readonly length: number; readonly limit: number }
}

/** What the simulation itself throws. */
export class SimnetError<
  Code extends keyof SimnetErrorDetails = keyof SimnetErrorDetails
> extends DaaError<SimnetErrorDetails, Code> {
  override readonly name: string = 'SimnetError'
}

/** The contract's channel errors, as this implementation throws them. */
export class SimChannelError<Code extends keyof ChannelErrorDetails> extends DaaError<
  ChannelErrorDetails,
  Code
> {
  override readonly name: string = 'ChannelError'
}

/** The contract's connector errors, as this implementation throws them. */
export class SimConnectorError<Code extends keyof ConnectorErrorDetails> extends DaaError<
  ConnectorErrorDetails,
  Code
> {
  override readonly name: string = 'ConnectorError'
}

/** Refuses a number below `least`, or none at all; infinity is one. */
export function checkAtLeast(option: string, value: number, least: number): number {
  if (!(value >= least)) {
    throw new SimnetError('BAD_OPTION', `${option} must be at least ${least}, got ${value}`, {
      option,
      value
    })
  }
  return value
}

/** Refuses a number below `least`, infinity or none at all. */
export function checkFinite(option: string, value: number, least: number): number {
  if (value < Infinity) return checkAtLeast(option, value, least)
  throw new SimnetError('BAD_OPTION', `${option} must be finite, got ${value}`, { option, value })
}

/** Refuses what is not a whole number of at least `least`. */
export function checkCount(option: string, value: number, least: number): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new SimnetError(
      'BAD_OPTION',
      `${option} must be a whole number of at least ${least}, got ${value}`,
      { option, value }
    )
  }
  return value
}
