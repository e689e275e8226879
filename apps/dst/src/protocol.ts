import { pathToFileURL } from 'node:url'
import type { joinRun, RoundError } from '@daa-compute/allreduce'

/** The sources under test: the project's own, or a copy with a mistake in it. */
export interface Protocol {
  readonly joinRun: typeof joinRun
  readonly RoundError: typeof RoundError
  /** Names of all control messages. */
  readonly messageTypes: readonly string[]
  /** The type of a control message, `undefined` for what is none (a greeting, an answer, rubbish). */
  typeOf(frame: Uint8Array): string | undefined
  /** The attempt that a vote is to commit, as `sequence/attempt`; `undefined` for other messages. */
  committed(frame: Uint8Array): string | undefined
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
    readonly kind?: string
    readonly sequence?: number
    readonly attempt?: number
  }
}

/** Largest first byte of an answer to a greeting, which is no message but may look like one. */
const LAST_ANSWER_TAG = 2

/**
 * Loads the round protocol.
 *
 * @param folder its package, for a copy; left out for the project's own
 */
export async function loadProtocol(folder?: string): Promise<Protocol> {
  const index =
    folder === undefined
      ? import.meta.resolve('@daa-compute/allreduce')
      : pathToFileURL(`${folder}/src/index.ts`).href
  const face = (await import(index)) as Face
  // what the messages are called is no part of the package's face
  const inner = async (name: string): Promise<unknown> =>
    await import(new URL(`round/${name}${index.endsWith('.ts') ? '.ts' : '.js'}`, index).href)
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

  function typeOf(frame: Uint8Array): string | undefined {
    const [tag = 0] = frame
    return tag > LAST_ANSWER_TAG ? names.get(tag) : decoded(frame)?.type
  }

  function committed(frame: Uint8Array): string | undefined {
    if (frame[0] !== MESSAGE_TAGS['vote']) return undefined
    const vote = decoded(frame)
    return vote?.kind === 'commit' ? `${vote.sequence}/${vote.attempt}` : undefined
  }

  return {
    committed,
    joinRun: face.joinRun,
    RoundError: face.RoundError,
    messageTypes: Object.keys(MESSAGE_TAGS),
    typeOf
  }
}
