/**
 * Packs every package that is published and checks it as its users get it:
 * the manifest, the types under every module resolution that ESM has, and a
 * consumer that imports the built code.
 */

import { existsSync, globSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { checkManifest, type Manifest } from './manifest.ts'
import { run } from './run.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const env = {
  ...process.env,
  PATH: [
    join(root, 'tooling/packages/node_modules/.bin'),
    join(root, 'node_modules/.bin'),
    process.env['PATH']
  ].join(delimiter)
}

interface Package {
  readonly folder: string
  readonly manifest: Manifest
}

const packages = await Promise.all(
  globSync('{packages,apps}/*/package.json', { cwd: root })
    .toSorted()
    .map(async (path): Promise<Package> => ({
      folder: join(root, dirname(path)),
      manifest: JSON.parse(await readFile(join(root, path), 'utf8')) as Manifest
    }))
)
const published = packages.filter(({ manifest }) => manifest.private !== true)
const scratch = await mkdtemp(join(tmpdir(), 'daa-packages-'))
try {
  const problems: string[] = []
  for (const item of published) problems.push(...(await checkPackage(item)))
  problems.push(...(await checkConsumer()), ...(await checkThread()))
  for (const item of published) problems.push(...(await checkCommands(item)))
  for (const problem of problems) console.error(problem)
  console.log(`${published.length} packages packed and checked, ${problems.length} problems`)
  if (problems.length > 0) process.exitCode = 1
} finally {
  await rm(scratch, { recursive: true, force: true })
}

/** Packs and unpacks one package, and has the public tools look at it. */
async function checkPackage({ folder, manifest }: Package): Promise<string[]> {
  const { name } = manifest
  const problems = checkManifest(manifest).map((message) => `${name}: ${message}`)
  if (!existsSync(join(folder, 'README.md'))) problems.push(`${name}: README.md is missing`)
  if (!existsSync(join(folder, 'dist'))) {
    return [...problems, `${name}: not built; run the build before this`]
  }
  for (const file of globSync('**/*.js', { cwd: join(folder, 'dist') })) {
    if (!existsSync(join(folder, 'src', file.replace(/\.js$/, '.ts')))) {
      problems.push(`${name}: dist/${file} is left over from a source that is gone; remove dist`)
    }
  }
  const tarball = join(scratch, `${name.replace('/', '-').replace('@', '')}.tgz`)
  const packed = await run('pnpm', ['pack', '--out', tarball], { cwd: folder, env })
  if (packed.code !== 0) return [...problems, `${name}: pnpm pack failed\n${packed.output}`]

  const tools = [['publint', 'run', tarball, '--strict']]
  // a command line alone has no types to be wrong
  if (manifest.exports !== undefined) {
    tools.push(['attw', tarball, '--profile', 'esm-only', '--format', 'ascii'])
  }
  for (const [tool = '', ...args] of tools) {
    const { code, output } = await run(tool, args, { cwd: folder, env })
    if (code !== 0) problems.push(`${name}: ${tool}\n${output}`)
  }

  const unpacked = join(scratch, 'node_modules', name)
  await mkdir(unpacked, { recursive: true })
  const untarred = await run('tar', ['xzf', tarball, '-C', unpacked, '--strip-components=1'], {
    env
  })
  if (untarred.code !== 0) problems.push(`${name}: tar\n${untarred.output}`)
  await linkDependencies(folder, unpacked, manifest)
  return problems
}

/** Gives an unpacked package its third-party dependencies, and none but those it declares. */
async function linkDependencies(
  folder: string,
  unpacked: string,
  manifest: Manifest
): Promise<void> {
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    if (published.some(({ manifest: { name } }) => name === dependency)) continue
    const link = join(unpacked, 'node_modules', dependency)
    await mkdir(dirname(link), { recursive: true })
    await symlink(join(folder, 'node_modules', dependency), link)
  }
}

/** Asks the built commands of a package for help. */
async function checkCommands({ manifest: { name, bin = {} } }: Package): Promise<string[]> {
  const problems: string[] = []
  for (const [command, path] of Object.entries(bin)) {
    const file = join(scratch, 'node_modules', name, path)
    const { code, output } = await run('node', [file, '--help'], { cwd: scratch, env })
    if (code !== 0) problems.push(`${name}: ${command} --help\n${output}`)
  }
  return problems
}

/** Imports every package from one program, under Node and under the type checker. */
async function checkConsumer(): Promise<string[]> {
  const imports = published.flatMap(({ manifest }) =>
    Object.keys(manifest.exports ?? {})
      .filter((subpath) => !subpath.endsWith('.json'))
      .map((subpath) => `${manifest.name}${subpath.slice(1)}`)
  )
  const lines = imports.map((specifier, i) => `import * as m${i} from '${specifier}'`)
  const used = `export const modules = [${imports.map((_, i) => `m${i}`).join(', ')}]`
  const program = join(scratch, 'consumer.ts')
  await writeFile(program, [...lines, used, ''].join('\n'))
  await writeFile(join(scratch, 'package.json'), '{ "type": "module" }')

  const problems: string[] = []
  const ran = await run('node', [program], { cwd: scratch, env })
  if (ran.code !== 0) problems.push(`the built packages cannot be imported\n${ran.output}`)
  const resolutions = [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler']
  ] as const
  for (const [module, resolution] of resolutions) {
    const { code, output } = await run(
      'tsc',
      [
        '--ignoreConfig',
        '--noEmit',
        '--strict',
        '--target',
        'es2024',
        '--lib',
        'es2024,esnext.disposable,dom',
        '--skipLibCheck',
        '--module',
        module,
        '--moduleResolution',
        resolution,
        program
      ],
      { cwd: scratch, env }
    )
    if (code !== 0) problems.push(`the types do not check with --module ${module}\n${output}`)
  }
  return problems
}

/** A node on its own thread: the worker's file is found by its place, which no import shows. */
async function checkThread(): Promise<string[]> {
  const program = join(scratch, 'thread.js')
  const lines = [
    "import { createNode } from '@daa-compute/node'",
    'const node = await createNode({ listenAddresses: [], minPeers: 1, thread: true })',
    'await node.allReduce(new Float32Array(1))',
    'await node.stop()'
  ]
  await writeFile(program, lines.join('\n'))
  const { code, output } = await run('node', [program], { cwd: scratch, env })
  return code === 0 ? [] : [`a node of the built packages has no thread of its own\n${output}`]
}
