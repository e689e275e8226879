import {
  BucketError,
  GridError,
  GroupError,
  RoundError,
  ScheduleError
} from '@daa-compute/allreduce'
import { CodecError } from '@daa-compute/compression'
import { DiscoveryError } from '@daa-compute/discovery'
import { DaaError } from '@daa-compute/interface'
import { ReplicaError, StateError } from '@daa-compute/state'
import {
  AdmissionError,
  ChannelError,
  ConnectorError,
  HandshakeError,
  IdentityError,
  LimitsError,
  ListenError,
  MuxerError,
  RecordError,
  RefusalError,
  TransportError
} from '@daa-compute/transport'
import { NodeError } from '../errors.ts'

/** An error on its way to another thread. Parts that may hold errors are data already. */
export interface SentError {
  readonly kind: 'daa' | 'dom' | 'aggregate' | 'other'
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  /** Of a `DaaError`, or of an error of Node's or libp2p's. */
  readonly code: unknown
  readonly detail: unknown
  readonly hasCause: boolean
  readonly cause: unknown
  /** Of an `AggregateError`. */
  readonly errors: unknown
}

type ErrorClass = new (
  code: never,
  message: string,
  detail: never,
  options?: ErrorOptions
) => DaaError<object, never>

/** What each end makes an error of: the class of that name, so that `instanceof` holds. */
const CLASSES: ReadonlyMap<string, ErrorClass> = new Map<string, ErrorClass>([
  ['AdmissionError', AdmissionError],
  ['BucketError', BucketError],
  ['ChannelError', ChannelError],
  ['CodecError', CodecError],
  ['ConnectorError', ConnectorError],
  ['DiscoveryError', DiscoveryError],
  ['GridError', GridError],
  ['GroupError', GroupError],
  ['HandshakeError', HandshakeError],
  ['IdentityError', IdentityError],
  ['LimitsError', LimitsError],
  ['ListenError', ListenError],
  ['MuxerError', MuxerError],
  ['NodeError', NodeError],
  ['RecordError', RecordError],
  ['RefusalError', RefusalError],
  ['ReplicaError', ReplicaError],
  ['RoundError', RoundError],
  ['ScheduleError', ScheduleError],
  ['StateError', StateError],
  ['TransportError', TransportError]
])

const BUILT_IN: ReadonlyMap<string, ErrorConstructor> = new Map<string, ErrorConstructor>([
  ['EvalError', EvalError],
  ['RangeError', RangeError],
  ['ReferenceError', ReferenceError],
  ['SyntaxError', SyntaxError],
  ['TypeError', TypeError],
  ['URIError', URIError]
])

/** Takes an error apart; `inner` does the same for what is within. */
export function sendError(error: Error, inner: (part: unknown) => unknown): SentError {
  const { name, message, stack } = error
  const { code, detail } = error as { code?: unknown; detail?: unknown }
  return {
    kind: kindOf(error),
    name,
    message,
    stack,
    code: inner(code),
    detail: inner(detail),
    hasCause: Object.hasOwn(error, 'cause'),
    cause: inner(error.cause),
    errors: error instanceof AggregateError ? inner(error.errors) : undefined
  }
}

/** Puts an error together again: of its class, with its code, detail, cause and stack. */
export function reviveError(sent: SentError, inner: (part: unknown) => unknown): Error {
  const options: ErrorOptions = sent.hasCause ? { cause: inner(sent.cause) } : {}
  const error = construct(sent, options, inner)
  // a class that is not known here keeps its name
  if (error.name !== sent.name) define(error, 'name', sent.name)
  if (sent.stack !== undefined) define(error, 'stack', sent.stack)
  return error
}

function construct(
  { kind, name, message, code, detail, errors }: SentError,
  options: ErrorOptions,
  inner: (part: unknown) => unknown
): Error {
  switch (kind) {
    case 'daa': {
      const Class: ErrorClass = CLASSES.get(name) ?? DaaError
      return new Class(code as never, message, inner(detail) as never, options)
    }
    case 'dom':
      return new DOMException(message, name)
    case 'aggregate':
      return new AggregateError(inner(errors) as unknown[], message, options)
    case 'other': {
      const error = new (BUILT_IN.get(name) ?? Error)(message, options)
      // of Node: ECONNREFUSED and the like
      if (code !== undefined) define(error, 'code', inner(code))
      return error
    }
  }
}

function kindOf(error: Error): SentError['kind'] {
  if (error instanceof DaaError) return 'daa'
  if (error instanceof DOMException) return 'dom'
  return error instanceof AggregateError ? 'aggregate' : 'other'
}

function define(error: Error, name: string, value: unknown): void {
  Object.defineProperty(error, name, { value, configurable: true, writable: true })
}
