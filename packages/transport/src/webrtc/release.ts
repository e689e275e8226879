import { createRequire } from 'node:module'
import { hasWebRtc } from './claim.ts'

/** What of node-datachannel ends it. */
interface NativeWebRtc {
  cleanup(): void
}

/**
 * Closes all that this thread has of WebRTC, whoever made it, and ends the native threads
 * behind it: for a thread that is about to end, and whose nodes have stopped. Data channels
 * that both ends close at once are not always let go of then
 * (https://github.com/murat-dogan/node-datachannel/issues/349), and a thread that has any
 * takes the process along when it ends, or never ends. Listeners have to be closed before.
 *
 * Blocks for some ten ms (ten seconds if a native thread is stuck), and throws nothing. Does
 * nothing in a thread that has not used WebRTC.
 */
export function releaseWebRtc(): void {
  if (!hasWebRtc()) return
  try {
    // libp2p's own copy: another one would know nothing of its connections
    const load = createRequire(import.meta.resolve('@libp2p/webrtc'))
    const native = load('node-datachannel') as NativeWebRtc
    native.cleanup()
  } catch {
    // it could not be loaded, so that there is nothing to end; or it is stuck and nothing helps
  }
}
