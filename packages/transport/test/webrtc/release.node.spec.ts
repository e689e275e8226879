import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { expect, it, onTestFinished } from 'vitest'

const RELEASE = new URL('../../src/webrtc/release.ts', import.meta.url).href

it('a thread that has released WebRTC can end amid connections', async () => {
  // in a process of its own: what is wrong here aborts it
  const program = fileURLToPath(new URL('../support/webrtc-in-a-thread.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=source', program], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  expect(await text(child.stdout)).toBe('hello\nthe thread ended with 0\n')
  expect(await ended).toEqual([0, null])
})

it('is nothing in a thread that has not used it', async () => {
  const program = `
    import(${JSON.stringify(RELEASE)}).then(({ releaseWebRtc }) => {
      releaseWebRtc()
      process.exit(process.report.getReport().sharedObjects.filter((path) => path.includes('datachannel')).length)
    })`
  const worker = new Worker(program, { eval: true, execArgv: ['--conditions=source'] })
  expect(await once(worker, 'exit')).toEqual([0])
})
