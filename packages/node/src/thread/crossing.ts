import { reviveError, type SentError, sendError } from './sent-error.ts'

/** Deeper than anything that a node tells. What lies deeper is told as a text. */
const MAX_DEPTH = 16

/** Marks an error among data. No field of any message has this name. */
const ERROR_KEY = '@daa-compute/error'

/** Stands for the reason of a call's signal, which is to arrive as the very same object. */
const REASON_KEY = '@daa-compute/reason'

/**
 * Makes data of a value that is to cross to another thread: errors are taken apart,
 * what cannot cross becomes a text. Arrays of numbers stay what they are, and share
 * their memory if it is shared.
 *
 * @param reason what the other end knows as the reason of the call's signal
 */
export function toData(value: unknown, reason?: unknown): unknown {
  return convert(value, reason, [])
}

/** The value that was made data of. */
export function fromData(data: unknown, reason?: unknown): unknown {
  if (Array.isArray(data)) return data.map((item) => fromData(item, reason))
  if (!isPlainObject(data)) return data
  if (Object.hasOwn(data, REASON_KEY)) return reason
  const error: unknown = data[ERROR_KEY]
  if (error !== undefined) {
    return reviveError(error as SentError, (part) => fromData(part, reason))
  }
  return mapValues(data, (item) => fromData(item, reason))
}

/** The first place within a value that cannot cross as it is, or `undefined`. */
export function findUnportable(value: unknown, at: string): string | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return at
  if (typeof value !== 'object' || value === null || isBinary(value)) return undefined
  if (!Array.isArray(value) && !isPlainObject(value)) return at
  for (const [name, item] of Object.entries(value)) {
    const found = findUnportable(item, at === '' ? name : `${at}.${name}`)
    if (found !== undefined) return found
  }
  return undefined
}

function convert(value: unknown, reason: unknown, above: readonly object[]): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return String(value)
  if (typeof value !== 'object' || value === null || isBinary(value)) return value
  if (value === reason) return { [REASON_KEY]: true }
  if (above.length >= MAX_DEPTH || above.includes(value)) return nameOf(value)
  const within = [...above, value]
  const inner = (item: unknown): unknown => convert(item, reason, within)
  if (value instanceof Error) return { [ERROR_KEY]: sendError(value, inner) }
  if (Array.isArray(value)) return value.map(inner)
  return isPlainObject(value) ? mapValues(value, inner) : nameOf(value)
}

/** What can be said of an object that cannot cross: libp2p's ids and addresses say who they are. */
function nameOf(value: object): string {
  const { toString } = value as { toString?: unknown }
  const text: unknown = typeof toString === 'function' ? toString.call(value) : ''
  return typeof text === 'string' ? text : ''
}

/** Memory: crosses as it is, or is shared. */
function isBinary(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer ||
    (typeof SharedArrayBuffer !== 'undefined' && value instanceof SharedArrayBuffer)
  )
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]' && isPlain(value as object)
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  // an object of another realm has a prototype of its own, which has none
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function mapValues(
  from: Readonly<Record<string, unknown>>,
  map: (value: unknown) => unknown
): Record<string, unknown> {
  // defined one by one: assigning `__proto__` would set the prototype
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, map(value)]))
}
