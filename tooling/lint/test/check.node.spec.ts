import { describe, expect, it } from 'vitest'

import { check, type Manifest } from '../src/check.ts'

const EVERYTHING = Object.fromEntries(
  [
    ...[
      'interface',
      'wire',
      'transport',
      'allreduce',
      'discovery',
      'simnet',
      'testing',
      'node'
    ].map((name) => `@daa-compute/${name}`),
    'libp2p',
    '@libp2p/interface',
    '@noble/hashes',
    'vitest'
  ].map((name) => [name, '*'])
)

const manifests = new Map<string, Manifest>(
  ['interface', 'wire', 'transport', 'allreduce', 'discovery', 'simnet', 'testing', 'node', 'new']
    .map((name): [string, string] => [`packages/${name}`, name])
    .concat([
      ['apps/trainer', 'trainer'],
      ['apps/simulator', 'simulator']
    ])
    .map(([folder, name]) => [
      folder,
      {
        name: `@daa-compute/${name}`,
        exports: { '.': {}, ...(name === 'wire' ? { './framing': {} } : {}) },
        dependencies: EVERYTHING
      }
    ])
)

/** What is said against one line of code in one place. */
function against(path: string, text: string): string[] {
  return check([{ path, text }], manifests).map(({ message }) => message)
}

describe('what must not be imported', () => {
  it.each([
    ['a sibling', 'packages/allreduce/src/a.ts', '@daa-compute/transport', 'must not import'],
    [
      'the facade, from below',
      'packages/transport/src/a.ts',
      '@daa-compute/node',
      'must not import'
    ],
    [
      'a sibling, from a leaf',
      'packages/wire/src/a.ts',
      '@daa-compute/allreduce',
      'must not import'
    ],
    ['simnet, from sources', 'packages/node/src/a.ts', '@daa-compute/simnet', 'must not import'],
    [
      'testing, from sources',
      'packages/simnet/src/a.ts',
      '@daa-compute/testing',
      'must not import'
    ],
    ['a leaf, from simnet', 'packages/simnet/src/a.ts', '@daa-compute/wire', 'must not import'],
    ['simnet, from the trainer', 'apps/trainer/src/a.ts', '@daa-compute/simnet', 'must not import'],
    [
      'a package, from the contracts',
      'packages/interface/src/a.ts',
      '@noble/hashes',
      'import nothing'
    ],
    ['Node, from the contracts', 'packages/interface/src/a.ts', 'node:events', 'import nothing'],
    ['libp2p, where it has no place', 'packages/allreduce/src/a.ts', 'libp2p', 'libp2p stays in'],
    ['libp2p, in an app', 'apps/trainer/src/a.ts', '@libp2p/interface', 'libp2p stays in'],
    [
      'libp2p, in the core',
      'packages/discovery/src/core/a.ts',
      '@libp2p/interface',
      'libp2p stays in'
    ],
    [
      'the outer part, from the core',
      'packages/discovery/src/core/a.ts',
      '../libp2p/b.ts',
      'do without'
    ],
    [
      'a timer, in protocol code',
      'packages/allreduce/src/a.ts',
      'node:timers/promises',
      'protocol code'
    ],
    ['a hash, in protocol code', 'packages/wire/src/a.ts', 'node:crypto', 'protocol code'],
    ['a thread, in simnet', 'packages/simnet/src/a.ts', 'node:worker_threads', 'protocol code'],
    [
      'the inside of a package',
      'packages/node/src/a.ts',
      '@daa-compute/wire/src/reader.ts',
      'is inside of'
    ],
    [
      'the inside, from a test',
      'packages/node/test/a.spec.ts',
      '@daa-compute/wire/dist/x.js',
      'is inside of'
    ],
    [
      'another package by path',
      'packages/node/test/a.spec.ts',
      '../../wire/src/index.ts',
      'leaves the package'
    ],
    ['a test, from sources', 'packages/wire/src/a.ts', '../test/helper.ts', 'src imports src only'],
    ['what is not declared', 'packages/wire/src/a.ts', 'left-pad', 'missing in the dependencies'],
    ['from a package without a place', 'packages/new/src/a.ts', '@daa-compute/wire', 'no place']
  ])('%s', (_, path, specifier, message) => {
    const said = [expect.stringContaining(message)]
    expect(against(path, `import { x } from '${specifier}'`)).toEqual(said)
    expect(against(path, `import type { X } from '${specifier}'`)).toEqual(said)
    expect(against(path, `export { x } from '${specifier}'`)).toEqual(said)
    expect(against(path, `const x = await import('${specifier}')`)).toEqual(said)
    expect(against(path, `let x: import('${specifier}').X`)).toEqual(said)
  })

  it('devDependencies, from sources', () => {
    const folder = 'packages/wire'
    const declared = new Map([
      [folder, { name: '@daa-compute/wire', devDependencies: { 'fast-check': '*' } }]
    ])
    const text = `import 'fast-check'`
    expect(check([{ path: `${folder}/src/a.ts`, text }], declared)).toEqual([
      {
        path: `${folder}/src/a.ts`,
        line: 1,
        message: expect.stringContaining('fast-check is missing')
      }
    ])
    expect(check([{ path: `${folder}/test/a.spec.ts`, text }], declared)).toEqual([])
  })
})

describe('what may be imported', () => {
  it.each([
    ['packages/wire/src/a.ts', '@daa-compute/interface'],
    ['packages/allreduce/src/a.ts', '@daa-compute/wire'],
    ['packages/allreduce/src/a.ts', '@daa-compute/wire/framing'],
    ['packages/allreduce/src/a.ts', '@noble/hashes/sha2.js'],
    ['packages/allreduce/src/round/a.ts', '../constants.ts'],
    ['packages/allreduce/test/a.spec.ts', '@daa-compute/simnet'],
    ['packages/allreduce/test/a.spec.ts', '../src/index.ts'],
    ['packages/allreduce/test/a.node.spec.ts', 'node:crypto'],
    ['packages/transport/src/a.ts', 'libp2p'],
    ['packages/transport/src/a.ts', 'node:crypto'],
    ['packages/compression/src/a.ts', 'node:zlib'],
    ['packages/node/src/a.ts', '@daa-compute/transport'],
    ['apps/trainer/src/a.ts', '@daa-compute/allreduce'],
    ['apps/simulator/src/a.ts', '@daa-compute/simnet']
  ])('%s may import %s', (path, specifier) => {
    expect(against(path, `import { x } from '${specifier}'`)).toEqual([])
  })

  it('is not looked for in comments and strings', () => {
    const text = `// import { x } from 'libp2p'\nconst s = "import { x } from 'libp2p'"\n`
    expect(against('packages/wire/src/a.ts', text)).toEqual([])
  })
})

describe('the face of a package', () => {
  it('does not say export *', () => {
    const text = `import './b.ts'\nexport * from './c.ts'`
    const expected = { path: 'packages/wire/src/a.ts', line: 2 }
    expect(check([{ path: expected.path, text }], manifests)).toMatchObject([expected])
  })

  it('does nothing but re-export', () => {
    const path = 'packages/wire/src/index.ts'
    expect(against(path, `export { x } from './x.ts'\nexport type { Y } from './y.ts'`)).toEqual([])
    for (const logic of ['export const x = 1', 'run()', 'export default 1', 'export class X {}']) {
      expect(check([{ path, text: `/** Doc. */\n${logic}` }], manifests)).toMatchObject([
        { line: 2 }
      ])
    }
    expect(against('packages/wire/src/x.ts', 'export const x = 1')).toEqual([])
  })
})

it('says where a file cannot be parsed', () => {
  expect(() => against('packages/wire/src/a.ts', 'import {')).toThrow('packages/wire/src/a.ts')
})
