import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const home = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1]!)

describe('README', () => {
  it.each(examples)('has an example that prints what it says: %#', async (code) => {
    const expected = [...code.matchAll(/console\.log.* \/\/ (.*)$/gm)].map((match) => match[1])
    expect(expected).not.toEqual([])
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=source', '--input-type=module-typescript', '--eval', code],
      { cwd: home }
    )
    expect(stdout.trim().split('\n')).toEqual(expected)
  })
})
