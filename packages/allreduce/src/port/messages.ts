/** What two connectors say to each other on a port. */
export type PortMessage =
  /** May there be a channel for this protocol? */
  | { readonly type: 'open'; readonly protocol: string }
  /** The answer. */
  | { readonly type: 'accept' }
  | { readonly type: 'refuse' }
  /** A frame; its memory is the receiver's from then on. */
  | { readonly type: 'frame'; readonly bytes: ArrayBuffer }
  /** So much of what was sent was taken. */
  | { readonly type: 'credit'; readonly length: number }
  | { readonly type: 'close' }
  | { readonly type: 'abort' }
  /** The port will be closed: not every platform tells the other end. About no channel. */
  | { readonly type: 'bye' }

/** A message and the channel it is about. */
export interface Envelope {
  /** Tells these messages from others. */
  readonly daa: 1
  /** Number of the channel among those that one side has opened. */
  readonly channel: number
  /** Whether the sender of the message is that side. */
  readonly mine: boolean
  readonly message: PortMessage
}

/** Messages by type, with the check of what each carries. */
const CHECKS: Record<PortMessage['type'], (message: Record<string, unknown>) => boolean> = {
  open: ({ protocol }) => typeof protocol === 'string',
  accept: () => true,
  refuse: () => true,
  frame: ({ bytes }) => bytes instanceof ArrayBuffer,
  credit: ({ length }) => typeof length === 'number' && length > 0,
  close: () => true,
  abort: () => true,
  bye: () => true
}

/** What came on a port, if it is one of ours. */
export function readEnvelope(data: unknown): Envelope | undefined {
  if (!isRecord(data) || data['daa'] !== 1 || typeof data['mine'] !== 'boolean') return undefined
  const { channel, message } = data
  if (typeof channel !== 'number' || !isRecord(message)) return undefined
  const { type } = message
  if (typeof type !== 'string' || !Object.hasOwn(CHECKS, type)) return undefined
  const check = CHECKS[type as PortMessage['type']]
  return check(message) ? (data as unknown as Envelope) : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
