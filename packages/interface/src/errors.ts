/**
 * The base of every error this project throws on purpose.
 *
 * - `name` says which package or concept failed (`ChannelError`, `RoundError`);
 * - `code` is documented, stable, and what a program branches on;
 * - `detail` is the payload that belongs to that code, with its own type;
 * - `message` says what happened and what to do about it.
 *
 * A package declares its codes as a map from code to payload and extends this:
 *
 * ```ts
 * interface ChannelErrorDetails {
 *   FRAME_TOO_LARGE: { length: number, limit: number }
 *   CLOSED: Record<never, never>
 * }
 * class ChannelError<C extends keyof ChannelErrorDetails = keyof ChannelErrorDetails>
 *   extends DaaError<ChannelErrorDetails, C> { … }
 * ```
 */
export class DaaError<Details extends object, Code extends keyof Details & string> extends Error {
  override readonly name: string = 'DaaError'
  readonly code: Code
  readonly detail: Details[Code]

  constructor(code: Code, message: string, detail: Details[Code], options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.detail = detail
  }
}

/** What was thrown, as an error: anything can be thrown, or given as a signal's reason. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown })
}
