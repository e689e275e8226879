/** The part of a package.json that is checked. */
export interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly description?: string
  readonly license?: string
  readonly type?: string
  readonly sideEffects?: unknown
  readonly files?: readonly string[]
  readonly engines?: Readonly<Record<string, string>>
  readonly publishConfig?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, unknown>>
  readonly bin?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
}

/** Conditions of an entry point, in the order in which they must stand. */
const CONDITIONS = ['source', 'types', 'default']

/** What is wrong with the manifest of a published package, by the rules of this project. */
export function checkManifest(manifest: Manifest): string[] {
  const problems: string[] = []
  const want = (holds: boolean, message: string): void => {
    if (!holds) problems.push(message)
  }
  want(Boolean(manifest.description), 'description is missing')
  want(manifest.license === 'MIT', 'license must be MIT')
  want(manifest.type === 'module', 'type must be module')
  want(
    manifest.exports === undefined || manifest.sideEffects === false,
    'sideEffects must be false'
  )
  want(manifest.engines?.['node'] === '>=22', 'engines.node must be >=22')
  want(manifest.publishConfig?.['access'] === 'public', 'publishConfig.access must be public')
  for (const file of ['dist', 'src', 'README.md']) {
    want(manifest.files?.includes(file) === true, `files must name ${file}`)
  }
  const entries = Object.entries(manifest.exports ?? {})
  want(entries.length > 0 || manifest.bin !== undefined, 'exports is missing')
  for (const [subpath, target] of entries) {
    if (subpath.endsWith('.json')) continue
    const conditions =
      typeof target === 'object' && target !== null
        ? Object.keys(target).filter((key) => key !== 'browser')
        : []
    want(
      conditions.join() === CONDITIONS.join(),
      `exports of ${subpath} must have ${CONDITIONS.join(', ')}, in this order`
    )
  }
  return problems
}
