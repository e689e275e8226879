import { posix } from 'node:path'

import {
  APP_IMPORTS,
  INNER_WALLS,
  LIBP2P,
  LIBP2P_FOLDERS,
  PACKAGE_IMPORTS,
  PROTOCOL_CODE,
  SCOPE
} from './house.ts'
import { readModule } from './imports.ts'

/** A file of the repository, its path from the root with `/` between folders. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** The part of a package.json that matters here. */
export interface Manifest {
  readonly name: string
  readonly exports?: unknown
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** One breach of a rule. */
export interface Finding {
  readonly path: string
  /** 1-based. */
  readonly line: number
  readonly message: string
}

/** Where a file stands in the house. */
interface Place {
  /** `packages/wire` */
  readonly folder: string
  /** `packages`, `apps` or `tooling` */
  readonly wing: string
  /** `wire` */
  readonly name: string
  /** Whether the file is what users get, not a test or a benchmark. */
  readonly isSource: boolean
}

/**
 * Checks the imports of files against the house.
 *
 * @param manifests every package.json of the workspace, by folder (`packages/wire`)
 */
export function check(
  files: readonly SourceFile[],
  manifests: ReadonlyMap<string, Manifest>
): Finding[] {
  return files.flatMap((file) => checkFile(file, manifests))
}

function checkFile(file: SourceFile, manifests: ReadonlyMap<string, Manifest>): Finding[] {
  const { path } = file
  const place = placeOf(path)
  if (place === undefined) return []

  const findings: Finding[] = []
  const report = (line: number, message: string): void => {
    findings.push({ path, line, message })
  }
  const facts = readModule(path, file.text)

  if (place.isSource && place.wing !== 'tooling') {
    for (const line of facts.starExports) {
      report(line, 'export * hides what a module offers; name the exports')
    }
  }
  if (place.wing === 'packages' && path === `${place.folder}/src/index.ts`) {
    if (facts.firstStatement !== undefined) {
      report(facts.firstStatement, 'index.ts is a face: it re-exports and does nothing else')
    }
  }
  for (const { specifier, line } of facts.imports) {
    // the package's own "imports": what they stand for is checked where it is written
    if (specifier.startsWith('#')) continue
    const messages = specifier.startsWith('.')
      ? checkRelative(path, place, specifier)
      : specifier.startsWith('node:')
        ? checkBuiltin(path, specifier)
        : checkPackage(path, place, specifier, manifests)
    for (const message of messages) report(line, message)
  }
  return findings
}

function placeOf(path: string): Place | undefined {
  const [wing, name, part] = path.split('/')
  if (wing === undefined || name === undefined || part === undefined) return undefined
  if (wing !== 'packages' && wing !== 'apps' && wing !== 'tooling') return undefined
  return { folder: `${wing}/${name}`, wing, name, isSource: part === 'src' }
}

function checkRelative(path: string, place: Place, specifier: string): string[] {
  const target = posix.join(posix.dirname(path), specifier)
  if (!target.startsWith(`${place.folder}/`)) {
    return [`${specifier} leaves the package; import the other one by its name`]
  }
  if (place.isSource && place.wing !== 'tooling' && !target.startsWith(`${place.folder}/src/`)) {
    return [`${specifier} is not shipped: src imports src only`]
  }
  return INNER_WALLS.filter(({ from, to }) => path.startsWith(from) && target.startsWith(to)).map(
    ({ from, to }) => `${from} must do without ${to}`
  )
}

function checkBuiltin(path: string, specifier: string): string[] {
  for (const [folder, allowed] of PROTOCOL_CODE) {
    if (path.startsWith(folder) && !allowed.includes(specifier)) {
      return [
        `${specifier} in protocol code, which runs in browsers and in virtual time; ` +
          'take what you need from outside'
      ]
    }
  }
  if (path.startsWith('packages/interface/src/')) {
    return [`${specifier}: the contracts import nothing`]
  }
  return []
}

function checkPackage(
  path: string,
  place: Place,
  specifier: string,
  manifests: ReadonlyMap<string, Manifest>
): string[] {
  const imported = packageName(specifier)
  const manifest = manifests.get(place.folder)
  const own = manifest?.name === imported
  const messages: string[] = []

  if (imported.startsWith(SCOPE)) {
    const subpath = specifier.slice(imported.length)
    if (subpath !== '' && !isExported(imported, `.${subpath}`, manifests)) {
      messages.push(`${specifier} is inside of ${imported}; import what its index offers`)
    }
  }
  if (!own && !isDeclared(imported, place, manifest)) {
    const where = place.isSource ? 'dependencies' : 'devDependencies'
    messages.push(`${imported} is missing in the ${where} of ${place.folder}/package.json`)
  }
  if (!place.isSource || place.wing === 'tooling') return messages

  if (place.folder === 'packages/interface') {
    messages.push(`${specifier}: the contracts import nothing`)
  } else if (imported.startsWith(SCOPE) && !own) {
    const allowed = (place.wing === 'apps' ? APP_IMPORTS : PACKAGE_IMPORTS).get(place.name)
    if (allowed === undefined) {
      messages.push(`${place.folder} has no place in tooling/lint/src/house.ts yet`)
    } else if (!allowed.includes(imported.slice(SCOPE.length))) {
      messages.push(
        allowed.length === 0
          ? `${place.name} imports no other package, so not ${imported}`
          : `${place.name} must not import ${imported}, only ${allowed.join(', ')}`
      )
    }
  }
  if (LIBP2P.test(imported)) {
    const protocol = [...PROTOCOL_CODE.keys()].some((folder) => path.startsWith(folder))
    if (protocol || !LIBP2P_FOLDERS.includes(place.folder)) {
      messages.push(`${imported}: libp2p stays in ${LIBP2P_FOLDERS.join(', ')}, off protocol code`)
    }
  }
  return messages
}

/** `@scope/name/sub` is of `@scope/name`, `name/sub` of `name`. */
function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function isExported(
  name: string,
  subpath: string,
  manifests: ReadonlyMap<string, Manifest>
): boolean {
  const manifest = [...manifests.values()].find((candidate) => candidate.name === name)
  const exported = manifest?.exports
  return typeof exported === 'object' && exported !== null && Object.hasOwn(exported, subpath)
}

/** Sources run where only `dependencies` are installed; everything else has both. */
function isDeclared(name: string, place: Place, manifest: Manifest | undefined): boolean {
  const declared = { ...manifest?.peerDependencies, ...manifest?.dependencies }
  if (!place.isSource) Object.assign(declared, manifest?.devDependencies)
  return Object.hasOwn(declared, name)
}
