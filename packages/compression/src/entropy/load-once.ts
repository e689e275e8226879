import type { AbortOptions } from '@daa-compute/interface'

import { CodecError } from '../errors.ts'

/**
 * Loads a library once per process, whoever asks for it; a load that has failed is
 * tried again by the next who asks.
 *
 * @param stage what needs it, for the error
 * @returns a function that throws {@link CodecError} `ENTROPY_UNAVAILABLE`, or the reason of its signal
 */
export function loadOnce<Library>(
  stage: string,
  load: () => Promise<Library>
): (options?: AbortOptions) => Promise<Library> {
  let loading: Promise<Library> | undefined
  const start = async (): Promise<Library> => {
    try {
      return await load()
    } catch (cause) {
      loading = undefined
      throw new CodecError(
        'ENTROPY_UNAVAILABLE',
        `cannot load the library of ${stage}; use a codec without +${stage}`,
        { stage },
        { cause }
      )
    }
  }
  return async (options) => {
    options?.signal?.throwIfAborted()
    loading ??= start()
    const library = await abortable(loading, options?.signal)
    // loaded already, it may have been faster than a signal that came first
    options?.signal?.throwIfAborted()
    return library
  }
}

async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
