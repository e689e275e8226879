import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { formatCounts } from '../summary.ts'

const home = fileURLToPath(new URL('..', import.meta.url))
const program = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))

/** How long a run of a handful of specs may take on a busy machine, in milliseconds. */
const RUN_MS = 60_000

describe('formatCounts', () => {
  it('names what was skipped only where something was', () => {
    expect(formatCounts({ passed: 1, failures: [], skipped: 0 })).toBe('1 passed, 0 failed')
    const outcome = { passed: 1, failures: ['a', 'b'], skipped: 3 }
    expect(formatCounts(outcome)).toBe('1 passed, 2 failed, 3 skipped')
  })
})

describe('a run', () => {
  let folder = ''

  beforeEach(async () => {
    // where the imports of a spec resolve
    folder = await mkdtemp(join(home, 'node_modules/.specs-'))
    await mkdir(join(folder, 'test'))
    await write(
      'vitest.config.ts',
      `import { preset } from '@daa-compute/vitest'
       import { summaryReporter } from '@daa-compute/vitest/summary'
       const config = preset()
       config.test.reporters = [summaryReporter()]
       export default config`
    )
  })

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  function write(path: string, text: string): Promise<void> {
    return writeFile(join(folder, path), text)
  }

  function spec(name: string, body: string): Promise<void> {
    return write(`test/${name}.spec.ts`, `import { expect, it, beforeAll } from 'vitest'\n${body}`)
  }

  function vitest(): Promise<{ ok: boolean; failed: string[]; last: string | undefined }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [program, 'run'], { cwd: folder }, (error, stdout) => {
        const lines = stdout.trimEnd().split('\n')
        const failed = lines.filter((line) => line.startsWith('FAILED ')).toSorted()
        resolve({ ok: error === null, failed, last: lines.at(-1) })
      })
    })
  }

  it(
    'ends with what passed, and leaves out what is for browsers',
    async () => {
      await spec('good', 'it("a", () => {}); it("b", () => {}); it.skip("c", () => {})')
      await spec('only.browser', 'it("d", () => { throw new Error("not here") })')
      expect(await vitest()).toEqual({
        ok: true,
        failed: [],
        last: '2 passed, 0 failed, 1 skipped'
      })
    },
    RUN_MS
  )

  it(
    'says which file crashed its process',
    async () => {
      await spec('crash', 'it("a", async () => { process.kill(process.pid, "SIGSEGV") })')
      const { ok, failed } = await vitest()
      expect(ok).toBe(false)
      expect(failed).toEqual([
        expect.stringMatching(/^FAILED outside of specs: .*SIGSEGV.*crash\.spec\.ts$/)
      ])
    },
    RUN_MS
  )

  it(
    'says what failed, and counts what does so outside of specs too',
    async () => {
      await spec('good', 'it("a", () => {})')
      await spec('bad', 'it("b", () => { expect(1).toBe(2) }); it("c", () => {})')
      await spec('broken', 'import "./missing.ts"')
      await spec('hook', 'beforeAll(() => { throw new Error("no") }); it("d", () => {})')
      await spec('lost', 'it("e", () => { void Promise.reject(new Error("lost")) })')
      const { ok, failed, last } = await vitest()
      expect(ok).toBe(false)
      expect(last).toBe('3 passed, 4 failed, 1 skipped')
      expect(failed).toEqual([
        'FAILED node test/bad.spec.ts > b: expected 1 to be 2 // Object.is equality',
        expect.stringMatching(/^FAILED node test\/broken.spec.ts: .*missing.ts/),
        'FAILED node test/hook.spec.ts: no',
        'FAILED outside of specs: lost'
      ])
    },
    RUN_MS
  )
})
