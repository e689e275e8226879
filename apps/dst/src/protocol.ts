import { pathToFileURL } from 'node:url'
import type { joinRun, RoundError } from '@daa-compute/allreduce'
import type { PlanMember } from '@daa-compute/interface'
import type { createReplica } from '@daa-compute/state'
import type { Configuration } from './configuration.ts'

/** What a member has voted for in an attempt. */
export interface Vote {
  readonly sequence: number
  readonly attempt: number
  readonly ballot: number
  /** The digest of the result, in hexadecimal; empty for one that has none. */
  readonly result: string
}

/** The sources under test: the project's own, or a copy with a mistake in it. */
export interface Protocol {
  readonly joinRun: typeof joinRun
  readonly RoundError: typeof RoundError
  readonly createReplica: typeof createReplica
  /** Names of all control messages. */
  readonly messageTypes: readonly string[]
  /**
   * The type of a control message, `undefined` for what is none (a greeting, an answer, rubbish).
   *
   * @param isOfUse asked before a frame is read to its end to find out; `undefined` is said of
   * those of no use
   */
  typeOf(frame: Uint8Array, isOfUse?: (type: string) => boolean): string | undefined
  /** Whether a control message, which may be rubbish, says that it is a vote. */
  isVote(frame: Uint8Array): boolean
  /** A vote; `undefined` for other messages. */
  vote(frame: Uint8Array): Vote | undefined
  /** Whether a control message, which may be rubbish, says that it is a decision. */
  isDecision(frame: Uint8Array): boolean
  /** The configuration that a decision leads to; `undefined` for other messages. */
  decided(frame: Uint8Array): Configuration | undefined
}

interface StateFace {
  readonly createReplica: typeof createReplica
}

interface Face {
  readonly joinRun: typeof joinRun
  readonly RoundError: typeof RoundError
}

interface Messages {
  readonly MESSAGE_TAGS: Readonly<Record<string, number>>
}

interface MessageCodec {
  decodeMessage(bytes: Uint8Array): {
    readonly type: string
    readonly sequence?: number
    readonly attempt?: number
    readonly lineage?: string
    readonly ballot?: number
    readonly result?: Uint8Array | undefined
    readonly proposal?: { readonly kind: string; readonly members: readonly PlanMember[] }
  }
}

/** Largest first byte of an answer to a greeting, which is no message but may look like one. */
const LAST_ANSWER_TAG = 2

/**
 * Loads the round protocol.
 *
 * @param folder its package, for a copy; left out for the project's own
 * @param stateFolder the package of shared state, likewise
 */
export async function loadProtocol(folder?: string, stateFolder?: string): Promise<Protocol> {
  const index =
    folder === undefined ? import.meta.resolve('@daa-compute/allreduce') : indexOf(folder)
  const state =
    stateFolder === undefined ? import.meta.resolve('@daa-compute/state') : indexOf(stateFolder)
  const face = (await import(index)) as Face
  const stateFace = (await import(state)) as StateFace
  // what the messages are called is no part of the package's face
  const inner = async (name: string): Promise<unknown> =>
    await import(new URL(`round/wire/${name}${index.endsWith('.ts') ? '.ts' : '.js'}`, index).href)
  const { MESSAGE_TAGS } = (await inner('messages')) as Messages
  const { decodeMessage } = (await inner('message-codec')) as MessageCodec
  const names = new Map(Object.entries(MESSAGE_TAGS).map(([name, tag]) => [tag, name]))

  function decoded(frame: Uint8Array): ReturnType<MessageCodec['decodeMessage']> | undefined {
    try {
      return decodeMessage(frame)
    } catch {
      return undefined
    }
  }

  function typeOf(
    frame: Uint8Array,
    isOfUse: (type: string) => boolean = () => true
  ): string | undefined {
    const tag = frame[0] ?? 0
    const name = names.get(tag)
    if (tag > LAST_ANSWER_TAG) return name
    return name !== undefined && isOfUse(name) ? decoded(frame)?.type : undefined
  }

  const decision = MESSAGE_TAGS['decided']

  function configurationAfter(frame: Uint8Array): Configuration | undefined {
    if (frame[0] !== decision) return undefined
    const { lineage, sequence, attempt, proposal } = decoded(frame) ?? {}
    if (lineage === undefined || sequence === undefined || attempt === undefined) return undefined
    if (proposal === undefined) return undefined
    const members = proposal.members.map(({ peer }) => peer)
    return proposal.kind === 'commit'
      ? { lineage, members, sequence: sequence + 1, attempt: 0 }
      : { lineage, members, sequence, attempt: attempt + 1 }
  }

  const voteTag = MESSAGE_TAGS['vote']

  function vote(frame: Uint8Array): Vote | undefined {
    if (frame[0] !== voteTag) return undefined
    const { sequence, attempt, ballot, result = new Uint8Array() } = decoded(frame) ?? {}
    if (sequence === undefined || attempt === undefined || ballot === undefined) return undefined
    return { sequence, attempt, ballot, result: Buffer.from(result).toString('hex') }
  }

  return {
    isVote: (frame) => frame[0] === voteTag,
    vote,
    isDecision: (frame) => frame[0] === decision,
    decided: configurationAfter,
    joinRun: face.joinRun,
    RoundError: face.RoundError,
    createReplica: stateFace.createReplica,
    messageTypes: Object.keys(MESSAGE_TAGS),
    typeOf
  }
}

function indexOf(folder: string): string {
  return pathToFileURL(`${folder}/src/index.ts`).href
}
