/**
 * Who may import whom.
 *
 *   apps → node → siblings → leaves → interface,  simnet → interface
 *
 * A package that is not named here may not exist: a new one gets its place in
 * the house first.
 */

/** What other packages are written against, and what imports nothing. */
const CONTRACTS = 'interface'

/** Packages that know the contracts only. */
const LEAVES = ['wire', 'kernels', 'crypto']

/** Packages side by side: each works without the others and never imports them. */
const SIBLINGS = [
  'transport',
  'discovery',
  'nat',
  'compression',
  'routing',
  'allreduce',
  'state',
  'training'
]

const BELOW_SIBLINGS = [CONTRACTS, ...LEAVES]
const BELOW_APPS = [...BELOW_SIBLINGS, ...SIBLINGS, 'node']

/** Which packages the sources of each package may import, by folder under `packages/`. */
export const PACKAGE_IMPORTS: ReadonlyMap<string, readonly string[]> = new Map<string, string[]>([
  [CONTRACTS, []],
  ...LEAVES.map((name): [string, string[]] => [name, [CONTRACTS]]),
  ...SIBLINGS.map((name): [string, string[]] => [name, BELOW_SIBLINGS]),
  ['simnet', [CONTRACTS]],
  ['testing', [CONTRACTS]],
  ['node', [...BELOW_SIBLINGS, ...SIBLINGS]]
])

/** Which packages the sources of each app may import, by folder under `apps/`. */
export const APP_IMPORTS: ReadonlyMap<string, readonly string[]> = new Map<string, string[]>([
  ['trainer', BELOW_APPS],
  ['relay', BELOW_APPS],
  ['browser-demo', BELOW_APPS],
  ['simulator', [...BELOW_APPS, 'simnet']],
  ['dst', [...BELOW_APPS, 'simnet', 'testing']]
])

/** Folders whose sources may import libp2p; the contracts keep everybody else apart from it. */
export const LIBP2P_FOLDERS: readonly string[] = [
  'packages/transport',
  'packages/discovery',
  'packages/nat',
  'packages/node',
  'apps/relay'
]

/** What counts as libp2p. */
export const LIBP2P: RegExp = /^(?:libp2p|@libp2p\/.*|@chainsafe\/libp2p-.*)$/

/**
 * Sources that run inside a simulation: time, chance and other threads come to
 * them from outside, so they import nothing of Node's, with these exceptions.
 */
export const PROTOCOL_CODE: ReadonlyMap<string, readonly string[]> = new Map([
  ['packages/allreduce/src/', []],
  ['packages/compression/src/', ['node:zlib']],
  ['packages/discovery/src/core/', []],
  ['packages/routing/src/', []],
  ['packages/simnet/src/', []],
  ['packages/state/src/', []],
  ['packages/training/src/', []],
  ['packages/wire/src/', []]
])

/** Parts of a package that must not see its other parts: from, and what. */
export const INNER_WALLS: readonly { readonly from: string; readonly to: string }[] = [
  { from: 'packages/discovery/src/core/', to: 'packages/discovery/src/libp2p/' }
]

export const SCOPE = '@daa-compute/'
