import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const packageFolder = new URL('..', import.meta.url)
const readme = readFileSync(new URL('README.md', packageFolder), 'utf8')
const [overAnyBroadcast = '', withLibp2p = ''] = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map(
  ([, code]) => code
)

test.each([
  ['over any broadcast', overAnyBroadcast, /^join \{.*'bob'.*'h100'.*\}\nleave bob\n$/s],
  ['with libp2p', withLibp2p, /^connected to \[.*\]\nfound \[.*'\/ip4\/127\.0\.0\.1\/tcp\/.*\]\n$/s]
])('the example %s runs, and ends by itself', async (_name, code, output) => {
  const { stdout, stderr } = await run(
    process.execPath,
    ['--conditions=source', '--input-type=module-typescript', '--eval', code],
    { cwd: packageFolder, timeout: 15_000 }
  )
  expect(stderr).toBe('')
  expect(stdout).toMatch(output)
})
