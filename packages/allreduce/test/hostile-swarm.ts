import type {
  Channel,
  PeerId,
  PlanMember,
  RoundRequest,
  SignatureVerifier,
  Signer
} from '@daa-compute/interface'
import type { SimPeer } from '@daa-compute/simnet'
import { expect } from 'vitest'
import { sha256Hasher } from '@daa-compute/crypto/sha-256'
import type { AllReduceResult, Run, RunInit } from '../src/index.ts'
import { decodeAnswer, encodeAnswer, encodeGreeting, type Greeting } from '../src/mesh/greeting.ts'
import { decodeMessage, encodeMessage } from '../src/round/wire/message-codec.ts'
import type { AskMessage, ControlMessage } from '../src/round/wire/messages.ts'
import { createSwarm, linked, type Swarm } from './swarm.ts'
import { sameBits, valuesOf } from './values.ts'

export const CONTROL = '/daa/allreduce/control/test'
export const DATA = '/daa/allreduce/data/test'
export const GREETING: Greeting = {
  runId: 'test',
  incarnation: '0123456789abcdef',
  hasher: 'sha-256'
}
export const LENGTH = 1000

/** What the honest ones call with. */
export const REQUEST: RoundRequest = {
  collective: 'allReduce',
  op: 'mean',
  dtype: 'float32',
  length: LENGTH,
  layout: '',
  codec: 'float32',
  algorithm: 'auto'
}

/** How somebody new asks for a part in it. */
export const ASK: AskMessage = {
  type: 'ask',
  lineage: '',
  sequence: 0,
  late: false,
  founds: true,
  isQuestion: true,
  request: REQUEST,
  sees: [],
  budget: {}
}

/** What the hostile peer is to send in place of one of its messages. */
export type Forge = (
  message: ControlMessage,
  to: PeerId
) => readonly (ControlMessage | Uint8Array)[] | undefined

/** What others say to a peer that speaks the protocol by hand. */
export interface Heard {
  readonly from: PeerId
  readonly message: ControlMessage
}

/** A peer without a run that speaks the protocol by hand. */
export interface Intruder {
  readonly heard: readonly Heard[]
  /** Channels that it has opened, in the order of the victims. */
  readonly controls: readonly Channel[]
  /** The victims as members of a configuration. */
  readonly members: readonly PlanMember[]
  /** Tells every victim, as far as they still listen. */
  say(...messages: readonly (ControlMessage | Uint8Array)[]): Promise<void>
}

/** The honest runs of a swarm whose last peer is hostile. */
export interface Stage {
  readonly swarm: Swarm
  readonly honest: readonly Run[]
  readonly hostile: SimPeer
  readonly victims: readonly PeerId[]
}

/** Honest peers come together; the last one of the swarm does what it likes. */
export async function onStage(
  honestCount: number,
  options: Partial<RunInit> | ((peer: PeerId) => Partial<RunInit>),
  play: (stage: Stage) => Promise<void>
): Promise<void> {
  const swarm = createSwarm(honestCount + 1)
  const hostile = swarm.peers[honestCount]
  if (hostile === undefined) throw new RangeError('there is no hostile peer')
  await swarm.net.run(async () => {
    const peers = swarm.peers.slice(0, honestCount)
    const honest = await Promise.all(
      peers.map((peer) => {
        const own = typeof options === 'function' ? options(peer.id) : options
        return swarm.join(peer, { minPeers: 2, ...own })
      })
    )
    await linked(honest)
    const bans: string[] = []
    for (const run of honest) {
      run.on('member:down', ({ peer, reason }) => {
        if (peer !== hostile.id) bans.push(`${run.self} lost ${peer}: ${reason}`)
      })
      run.on('refused', ({ peer, reason }) => {
        if (peer !== hostile.id) bans.push(`${peer} refused ${run.self}: ${reason}`)
      })
    }
    await play({ swarm, honest, hostile, victims: peers.map(({ id }) => id) })
    expect(bans).toEqual([])
  })
}

/** Every honest peer gets the exact mean of the participants, all honest ones among them. */
export async function expectRound(
  { swarm, honest }: Stage,
  withinMs = 20_000
): Promise<AllReduceResult> {
  const startMs = swarm.net.clock.now()
  const results = await Promise.all(
    honest.map((run, rank) => run.allReduce(valuesOf(rank, LENGTH)))
  )
  expect(swarm.net.clock.now() - startMs).toBeLessThan(withinMs)
  const [first] = results
  if (first === undefined) throw new Error('nobody is honest')
  for (const { values, participants, sequence, attempt } of results) {
    expect({ participants, sequence, attempt }).toEqual({
      participants: first.participants,
      sequence: first.sequence,
      attempt: first.attempt
    })
    expect(participants).toEqual(expect.arrayContaining(honest.map((run) => run.self)))
    expect(sameBits(values, meanAmong(swarm, participants))).toBe(true)
  }
  return first
}

/** The exact mean of what some peers bring. */
export function meanAmong(swarm: Swarm, participants: readonly PeerId[]): Float32Array {
  const sum = new Float32Array(LENGTH)
  for (const peer of participants) {
    const rank = swarm.peers.findIndex(({ id }) => id === peer)
    for (const [i, value] of valuesOf(rank, LENGTH).entries()) sum[i] = (sum[i] ?? 0) + value
  }
  return sum.map((value) => value * (1 / participants.length))
}

/** Links up with the victims by hand, with control channels both ways. */
export async function intrude(
  hostile: SimPeer,
  victims: readonly PeerId[],
  greeting: Greeting = GREETING
): Promise<Intruder> {
  const heard: Heard[] = []
  const members: PlanMember[] = []
  await hostile.connector.accept(CONTROL, (channel) => {
    const serve = async (): Promise<void> => {
      await channel.receive()
      await channel.send(encodeAnswer({ type: 'welcome', incarnation: greeting.incarnation }))
      for (let frame = await channel.receive(); frame !== undefined;) {
        heard.push({ from: channel.peer, message: decodeMessage(frame) })
        frame = await channel.receive()
      }
    }
    serve().catch(() => undefined)
  })
  const controls = await Promise.all(
    victims.map(async (victim) => {
      const channel = await hostile.connector.open(victim, CONTROL)
      await channel.send(encodeGreeting(greeting))
      const answer = decodeAnswer((await channel.receive()) ?? new Uint8Array())
      if (answer.type === 'refused') throw new Error(answer.reason)
      members.push({ peer: victim, incarnation: answer.incarnation })
      return channel
    })
  )
  return {
    heard,
    controls,
    members,
    async say(...messages) {
      for (const message of messages) {
        const bytes = message instanceof Uint8Array ? message : encodeMessage(message)
        await Promise.all(controls.map((channel) => channel.send(bytes).catch(() => undefined)))
      }
    }
  }
}

/** Has a peer that is otherwise honest say other things than it means. */
export function forge({ swarm, hostile, victims }: Stage, change: Forge): void {
  for (const victim of victims) {
    swarm.net.tamper(hostile.id, victim, CONTROL, (frame) => {
      const message = decoded(frame)
      if (message === undefined) return frame
      const forged = change(message, victim)
      if (forged === undefined) return frame
      return forged.map((each) => (each instanceof Uint8Array ? each : encodeMessage(each)))
    })
  }
}

function decoded(frame: Uint8Array): ControlMessage | undefined {
  try {
    return decodeMessage(frame)
  } catch {
    // a greeting
    return undefined
  }
}

/** What the other side says when it turns a channel away: its reason. */
export async function refusal(channel: Channel | undefined): Promise<string> {
  const frame = await channel?.receive()
  expect(frame?.[0]).toBe(2)
  return new TextDecoder().decode(frame?.subarray(5))
}

/** Signatures that nobody but their author can make, as long as nobody looks into this file. */
export function signerOf(peer: PeerId): Signer {
  return { peer, sign: (bytes) => Promise.resolve(seal(peer, bytes)) }
}

/** Checks them. */
export const sealVerifier: SignatureVerifier = {
  verify: (peer, bytes, signature) =>
    Promise.resolve(seal(peer, bytes).every((byte, i) => byte === signature[i]))
}

function seal(peer: PeerId, bytes: Uint8Array): Uint8Array {
  const hash = sha256Hasher.create()
  hash.update(new TextEncoder().encode(`the secret of ${peer}`))
  hash.update(bytes)
  return hash.digest()
}
