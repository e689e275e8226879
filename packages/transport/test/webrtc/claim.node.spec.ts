import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { claimWebRtc } from '../../src/webrtc/claim.ts'

const CLAIM = new URL('../../src/webrtc/claim.ts', import.meta.url).href

/** Has a new thread claim it, and says which code it was refused with, and whose it is. */
async function claimOnThread(): Promise<{ own: number; code?: string; thread?: number }> {
  const program = `
    const { parentPort, threadId: own } = require('node:worker_threads')
    import(${JSON.stringify(CLAIM)}).then(({ claimWebRtc }) => {
      try {
        claimWebRtc()
        claimWebRtc()
        parentPort.postMessage({ own })
      } catch ({ code, detail }) {
        parentPort.postMessage({ own, code, ...detail })
      }
    })`
  const worker = new Worker(program, { eval: true, execArgv: ['--conditions=source'] })
  const [answer] = (await once(worker, 'message')) as [{ own: number }]
  await worker.terminate()
  return answer
}

it('WebRTC is of the thread that used it first, even after that has ended', async () => {
  const { own: first, code } = await claimOnThread()
  expect(code).toBeUndefined()
  const refusal = { code: 'WEBRTC_ON_OTHER_THREAD', detail: { thread: first } }
  expect(() => claimWebRtc()).toThrow(expect.objectContaining(refusal))
  expect(await claimOnThread()).toMatchObject({ code: 'WEBRTC_ON_OTHER_THREAD', thread: first })
})
