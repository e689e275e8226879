import { ListenError } from './errors.ts'
import type { ListenErrorDetails } from './errors.ts'

/** What operating systems, and libp2p for its own transports, say of each cause. */
const CAUSES: readonly (readonly [RegExp, keyof ListenErrorDetails, string])[] = [
  [
    /EADDRINUSE|already in use/,
    'ADDRESS_IN_USE',
    'is in use; stop the process that listens there, or use port 0 to get a free one'
  ],
  [
    /EADDRNOTAVAIL/,
    'ADDRESS_NOT_AVAILABLE',
    'is not an address of this machine; listen on 0.0.0.0 or :: to use all it has'
  ],
  [/EACCES|EPERM/, 'PERMISSION_DENIED', 'is not permitted; ports below 1024 need privileges'],
  [
    /UnsupportedListenAddressError/,
    'UNSUPPORTED_ADDRESS',
    'is served by no configured transport; add its preset, or remove the address'
  ]
]

/** A line of libp2p's report: an address and the first line of its error. */
const REPORT_LINE = /^ {2}(\/\S+): (.*)$/gm

/**
 * Tells from the error of `libp2p.start()` why the node could not listen.
 *
 * libp2p puts the errors of all addresses into one text and keeps no cause, so
 * their text is all there is to read.
 *
 * @returns `undefined` for an error that is not about listening
 */
export function explainListenError(error: unknown): ListenError | undefined {
  if (!(error instanceof Error) || error.name !== 'UnsupportedListenAddressesError') {
    return undefined
  }
  const lines = [...error.message.matchAll(REPORT_LINE)]
  for (const [pattern, code, remedy] of CAUSES) {
    const addresses = lines
      .filter(([, , text]) => pattern.test(text ?? ''))
      .map(([, address]) => address ?? '')
    if (addresses.length > 0) {
      const message = `cannot listen: ${addresses.join(', ')} ${remedy}`
      return new ListenError(code, message, { addresses }, { cause: error })
    }
  }
  return undefined
}
