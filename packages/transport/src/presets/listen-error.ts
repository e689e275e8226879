import { ListenError } from '../errors.ts'
import type { ListenErrorDetails } from '../errors.ts'

/** What operating systems, and libp2p for its own transports, say of each cause. */
const CAUSES: readonly (readonly [RegExp, keyof ListenErrorDetails, string])[] = [
  [
    /EADDRINUSE|already in use/,
    'ADDRESS_IN_USE',
    'is in use; stop the process that listens there, or use port 0 to get a free one'
  ],
  [
    /EADDRNOTAVAIL|EAFNOSUPPORT|EINVAL|ENOTFOUND/,
    'ADDRESS_NOT_AVAILABLE',
    'is not an address of this machine; listen on 0.0.0.0 or :: to use all it has'
  ],
  [/EACCES|EPERM/, 'PERMISSION_DENIED', 'is not permitted; ports below 1024 need privileges'],
  [
    /no certificate was given|PEM|ASN1|asn1|X509|x509|SSL/,
    'BAD_CERTIFICATE',
    'needs the certificate and the key of it, both in PEM, in the option tls'
  ],
  [
    /UDP mux|already a listener for/,
    'UDP_UNAVAILABLE',
    'is in use, or is not an address of this machine; use port 0 to get a free one, and 0.0.0.0 or :: for all it has'
  ],
  [
    /WebRTC cannot be loaded/,
    'WEBRTC_UNAVAILABLE',
    'is for WebRTC, which cannot be loaded here; remove the address, or use a platform that node-datachannel has binaries for'
  ],
  [
    /WebRTC is used by another thread/,
    'WEBRTC_ON_OTHER_THREAD',
    'is for WebRTC, which one thread of a process can use, and another one does or did; give its nodes to that thread, or to a process of their own'
  ],
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
 * their text is all there is to read. The cause here is the part of it that says
 * what happened, without the stacks, and without the advice to tolerate it.
 *
 * @returns `undefined` for an error that is not about listening
 */
export function explainListenError(error: unknown): ListenError | undefined {
  if (!(error instanceof Error) || error.name !== 'UnsupportedListenAddressesError') {
    return undefined
  }
  const lines = [...error.message.matchAll(REPORT_LINE)]
  for (const [pattern, code, remedy] of CAUSES) {
    const concerned = lines.filter(([, , text]) => pattern.test(text ?? ''))
    if (concerned.length > 0) {
      const addresses = concerned.map(([, address]) => address ?? '')
      const message = `cannot listen: ${addresses.join(', ')} ${remedy}`
      const cause = new Error(concerned.map(([line]) => line.trim()).join('; '))
      return new ListenError(code, message, { addresses }, { cause })
    }
  }
  return undefined
}
