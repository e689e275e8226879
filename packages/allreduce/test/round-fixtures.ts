import { peerId, type PlanMember, type RoundRequest } from '@daa-compute/interface'
import { sha256Hasher } from '@daa-compute/crypto/sha-256'
import { type Configuration, createConfiguration } from '../src/round/consensus/configuration.ts'
import type { Report } from '../src/round/wire/messages.ts'

export const REQUEST: RoundRequest = {
  collective: 'allReduce',
  op: 'mean',
  dtype: 'float32',
  length: 1000,
  layout: '',
  codec: 'float32',
  algorithm: 'ring'
}

/** Members `peer-0`, `peer-1` and so on. */
export function membersOf(size: number): PlanMember[] {
  return Array.from({ length: size }, (_, rank) => memberOf(rank))
}

export function memberOf(index: number, life = 0): PlanMember {
  return {
    peer: peerId(`peer-${index}`),
    incarnation: `${life}${index}`.padStart(16, '0')
  }
}

export function configOf(size: number): Configuration {
  return createConfiguration(
    {
      run: 'test',
      lineage: 'f00d',
      sequence: 7,
      attempt: 1,
      previous: digestOf(1),
      members: membersOf(size)
    },
    sha256Hasher
  )
}

/** Some digest. */
export function digestOf(fill: number): Uint8Array {
  return new Uint8Array(32).fill(fill)
}

/** Of a member that has nothing to tell but what is given. */
export function reportOf(report: Partial<Report> = {}): Report {
  return {
    accepted: undefined,
    holds: undefined,
    entered: true,
    patienceOver: false,
    sees: [],
    ...report
  }
}
