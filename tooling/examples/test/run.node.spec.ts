import { tmpdir } from 'node:os'

import { describe, expect, it } from 'vitest'

import { run, type Outcome } from '../src/run.ts'

function node(code: string, timeoutMs = 10_000): Promise<Outcome> {
  return run(process.execPath, ['-e', code], { cwd: tmpdir(), timeoutMs })
}

describe('run', () => {
  it('gives what a program printed', async () => {
    expect(await node('console.log(1); console.error(2)')).toEqual({ ok: true, output: '1\n2\n' })
  })

  it('fails with an exit code, an uncaught error, a signal', async () => {
    expect(await node('console.log("x"); process.exitCode = 3')).toEqual({
      ok: false,
      output: 'ended with exit code 3\nx\n'
    })
    expect((await node('Promise.reject(new Error("lost"))')).output).toContain('Error: lost')
    expect((await node('process.kill(process.pid, "SIGTERM")')).output).toContain('SIGTERM')
  })

  it('ends a program that does not end, with what it has started', async () => {
    const child = `require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e3)'], { stdio: 'inherit' })`
    const { ok, output } = await node(`${child}; console.log('up')`, 1000)
    expect({ ok, output }).toEqual({ ok: false, output: 'not done after 1 s\nup\n' })
  })

  it('ends what a program leaves behind', async () => {
    const child = `require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e3)'], { stdio: 'inherit' }).unref()`
    expect(await node(`${child}; console.log('done')`)).toEqual({ ok: true, output: 'done\n' })
  })

  it('fails where a program does not exist', async () => {
    const { ok, output } = await run('/nonexistent', [], { cwd: tmpdir(), timeoutMs: 1000 })
    expect(ok).toBe(false)
    expect(output).toContain('ENOENT')
  })
})
