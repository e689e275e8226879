import { describe, expect, it } from 'vitest'

import { checkManifest, type Manifest } from '../src/manifest.ts'

const good: Manifest = {
  name: '@daa-compute/good',
  description: 'A good package',
  license: 'MIT',
  type: 'module',
  sideEffects: false,
  files: ['dist', 'src', 'README.md'],
  engines: { node: '>=22' },
  publishConfig: { access: 'public' },
  exports: {
    '.': { source: './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
    './package.json': './package.json'
  }
}

describe('the manifest of a published package', () => {
  it('passes when it is complete', () => {
    expect(checkManifest(good)).toEqual([])
  })

  it.each<[keyof Manifest, unknown, string]>([
    ['description', '', 'description is missing'],
    ['license', 'ISC', 'license must be MIT'],
    ['type', undefined, 'type must be module'],
    ['sideEffects', true, 'sideEffects must be false'],
    ['engines', { node: '>=20' }, 'engines.node must be >=22'],
    ['publishConfig', undefined, 'publishConfig.access must be public'],
    ['files', ['dist', 'src'], 'files must name README.md'],
    ['exports', {}, 'exports is missing'],
    [
      'exports',
      { '.': './dist/index.js' },
      'exports of . must have source, types, default, in this order'
    ],
    [
      'exports',
      { '.': { types: 'a', source: 'b', default: 'c' } },
      'exports of . must have source, types, default, in this order'
    ]
  ])('is refused for its %s %j', (key, value, message) => {
    expect(checkManifest({ ...good, [key]: value })).toEqual([message])
  })
})
