import { describe, expect, it } from 'vitest'
import { bundleForBrowser } from './support/browser-bundle.ts'

/** Most bytes that a page may have to load of it, compressed: some more than it is. */
const MAX_COMPRESSED = 200 * 1024

describe('the browser build', () => {
  it('has no code of Node', async () => {
    const { findings, length, compressedLength } = await bundleForBrowser(`
      import { createLibp2p } from 'libp2p'
      import { browserPreset, createConnector, createIdentity } from './src/index.ts'
      export async function start() {
        const { privateKey } = await createIdentity()
        const libp2p = await createLibp2p({ ...browserPreset(), privateKey })
        return createConnector({ libp2p })
      }
    `)
    const kib = (bytes: number): string => `${Math.round(bytes / 1024)} KiB`
    console.log(`browser build: ${kib(length)}, compressed ${kib(compressedLength)}`)
    expect(findings).toEqual([])
    expect(compressedLength).toBeLessThan(MAX_COMPRESSED)
  })

  it.each(['./src/index.ts', '@daa-compute/crypto', '@daa-compute/wire'])(
    'has none in anything of %s, whoever uses it',
    async (module) => {
      const { findings } = await bundleForBrowser(`export * from '${module}'`)
      expect(findings).toEqual([])
    }
  )

  it.each([
    [
      'an import of Node',
      `import { readFileSync } from 'node:fs'; console.log(readFileSync)`,
      /fs/
    ],
    [
      'one without its prefix',
      `import { connect } from 'net'; console.log(connect)`,
      /external:net/
    ],
    ['a buffer', `console.log(Buffer.from('text'))`, /Buffer$/],
    ['the process', `console.log(process['pid'])`, /process$/],
    ['what needs a file system', `export * from './src/node.ts'`, /private-file\.ts: node:fs/]
  ])('is checked: %s is found', async (_, program, finding) => {
    const { findings } = await bundleForBrowser(program)
    expect(findings).toContainEqual(expect.stringMatching(finding))
  })
})
