import { describe, expect, it } from 'vitest'
import type { JobInit } from '../src/job-init.ts'
import { runJob } from '../src/job.ts'

const init: JobInit = {
  peers: 2,
  steps: 1_000_000,
  batch: 8,
  codec: 'int8',
  algorithm: 'ring',
  seed: 1
}

describe('a job', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'is interrupted when %s ends a child before it is heard of here',
    async (name) => {
      const controller = new AbortController()
      const reason = new Error(`stopped by ${name}`)
      const job = runJob({
        ...init,
        signal: controller.signal,
        onStart({ pid, report }) {
          // just born, a process does not watch for signals yet
          process.kill(pid ?? 0, name)
          report.catch(() => setImmediate(() => controller.abort(reason)))
        }
      })
      await expect(job).rejects.toBe(reason)
    }
  )

  it('fails when a signal ends a child and nobody interrupts', async () => {
    const job = runJob({ ...init, onStart: ({ pid }) => process.kill(pid ?? 0, 'SIGINT') })
    await expect(job).rejects.toMatchObject({
      code: 'CHILD_FAILED',
      message: 'peer 0 failed: its process ended by SIGINT'
    })
  })
})
