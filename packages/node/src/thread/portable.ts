import type { AverageOptions } from '@daa-compute/allreduce'
import { encodeIdentity } from '@daa-compute/transport'
import type { RoundValues } from '@daa-compute/state'
import type { Passphrase } from '@daa-compute/transport/node'
import type { GridOptions, JoinOptions, SwarmConfig } from '../config.ts'
import { NodeError } from '../errors.ts'
import type { ReplicaOptions, ReplicaStepOptions } from '../replicate.ts'
import type { ReduceOptions } from '../run-of-node.ts'
import { findUnportable } from './crossing.ts'
import type {
  GridAverage,
  PortableConfig,
  PortableGridOptions,
  PortableIdentity,
  PortableJoinOptions,
  PortableReplicaOptions,
  Reduction,
  ReplicaStep
} from './protocol.ts'
import { isShared } from './shared-values.ts'

/**
 * A configuration as data, and whom to ask for the passphrase of its key file.
 *
 * @throws {NodeError} `CANNOT_CROSS`, `BAD_CONFIG`
 */
export function portableConfig({ identity, logger, metrics, ...rest }: SwarmConfig): {
  readonly portable: PortableConfig
  readonly passphrase: Passphrase | undefined
} {
  const config = { ...rest, thread: false }
  assertPortable(config)
  const portable: PortableConfig = {
    config,
    identity: portableIdentity(identity),
    isLogged: logger !== undefined,
    isMeasured: metrics !== undefined
  }
  const isSealed = portable.identity?.type === 'sealed'
  const passphrase = isSealed ? (identity as { passphrase: Passphrase }).passphrase : undefined
  return { portable, passphrase }
}

function portableIdentity(identity: SwarmConfig['identity']): PortableIdentity | undefined {
  if (identity === undefined) return undefined
  if (typeof identity === 'string') return { type: 'path', path: identity }
  if (identity instanceof Uint8Array) return { type: 'seed', seed: identity }
  if (typeof identity === 'object' && (identity as unknown) !== null) {
    if ('passphrase' in identity) {
      const { path, passphrase } = identity
      const text = typeof passphrase === 'string' ? passphrase : undefined
      return { type: 'sealed', path, passphrase: text }
    }
    if ('privateKey' in identity) return { type: 'key', bytes: encodeIdentity(identity) }
  }
  const kinds = 'the path of a key file, { path, passphrase }, a seed of 32 bytes or an Identity'
  throw new NodeError('BAD_CONFIG', `identity has to be ${kinds}`, {
    field: 'identity',
    value: undefined
  })
}

/** @throws {NodeError} `CANNOT_CROSS` */
export function portableJoinOptions(options: JoinOptions): PortableJoinOptions {
  const portable = { ...options, signal: undefined }
  assertPortable(portable)
  return portable
}

/** @throws {NodeError} `CANNOT_CROSS` */
export function portableGridOptions(options: GridOptions): PortableGridOptions {
  const portable = { ...options, signal: undefined }
  assertPortable(portable)
  return portable
}

/** @throws {NodeError} `CANNOT_CROSS` */
export function portableAverageOptions(options: AverageOptions): GridAverage['options'] {
  const portable = { ...options, signal: undefined, onProgress: undefined }
  assertPortable(portable)
  return portable
}

/** @throws {NodeError} `CANNOT_CROSS` */
export function portableReduceOptions(options: ReduceOptions): Reduction['options'] {
  const portable = { ...options, signal: undefined, onProgress: undefined }
  assertPortable(portable)
  return portable
}

/** @throws {NodeError} `CANNOT_CROSS` */
export function portableStepOptions(options: ReplicaStepOptions): ReplicaStep['options'] {
  const portable = { ...options, signal: undefined, onProgress: undefined }
  assertPortable(portable)
  return portable
}

/**
 * What of a replica crosses: everything but `apply`, which is called from there.
 *
 * @throws {NodeError} `NOT_SHARED`, `CANNOT_CROSS`
 */
export function portableReplicaOptions<Values extends RoundValues>(
  options: ReplicaOptions<Values>
): PortableReplicaOptions {
  const { apply: _, ...portable } = options
  for (const [name, tensor] of Object.entries(options.tensors)) {
    if (isShared(tensor)) continue
    throw new NodeError(
      'NOT_SHARED',
      `the tensor ${name} is not on shared memory, where the network on its own thread and this one have both to see it: make it with allocateShared`,
      { tensor: name }
    )
  }
  assertPortable(portable)
  return portable
}

/** What to do about fields that are refused. */
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ['admission', "take 'open', { allow }, { key } or { owner, token }"],
  ['errorFeedback', 'errorFeedback: true makes one there'],
  ['filter', "filter by what capabilities have to be: { gpu: 'h100' }"],
  ['compressor', "give its name, { name: 'powersgd:2', shapes } or { name: 'delta:int8' }"]
])

function assertPortable(fields: object): void {
  for (const [name, value] of Object.entries(fields)) {
    const field = findUnportable(value, name)
    if (field === undefined) continue
    const remedy = REMEDIES.get(name) ?? 'leave it out'
    throw new NodeError(
      'CANNOT_CROSS',
      `${name} has code in it, which cannot cross to the network's thread: ${remedy}, or do without \`thread: true\``,
      { field }
    )
  }
}
