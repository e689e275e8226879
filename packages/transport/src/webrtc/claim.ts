import { getEnvironmentData, setEnvironmentData, threadId } from 'node:worker_threads'
import { TransportError } from '../errors.ts'

const KEY = '@daa-compute/transport/webrtc'

/** The number of the thread that has WebRTC, plus one: the main thread's is 0. */
const owner = new Int32Array(sharedMemory())

/** Of all threads of the process that come of one in which this module has been loaded. */
function sharedMemory(): SharedArrayBuffer {
  const shared = getEnvironmentData(KEY)
  if (shared instanceof SharedArrayBuffer) return shared
  const fresh = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  setEnvironmentData(KEY, fresh)
  return fresh
}

/**
 * Takes WebRTC for this thread, for as long as the process lives. Idempotent.
 *
 * node-datachannel keeps what belongs to the first thread that loads it in variables of
 * the whole process. When another one uses it, be it after the first one has ended,
 * Node aborts the process.
 *
 * @throws TransportError `WEBRTC_ON_OTHER_THREAD`
 */
export function claimWebRtc(): void {
  const own = threadId + 1
  const first = Atomics.compareExchange(owner, 0, 0, own)
  if (first === 0 || first === own) return
  throw new TransportError(
    'WEBRTC_ON_OTHER_THREAD',
    'WebRTC is used by another thread, or was; one thread of a process can use it: give its nodes to that thread, or to a process of their own',
    { thread: first - 1 }
  )
}

/** Whether this thread has taken it. */
export function hasWebRtc(): boolean {
  return Atomics.load(owner, 0) === threadId + 1
}
