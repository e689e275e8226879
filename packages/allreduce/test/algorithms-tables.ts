import type { Algorithm, Collective, DType } from '@daa-compute/interface'
import { chooseAlgorithm } from '../src/cost/choose.ts'
import { createNetwork, type Network } from '../src/cost/network.ts'
import { ALGORITHMS, scheduleOf, shapeOf } from '../src/schedule/algorithms.ts'
import { checkSchedule } from '../src/schedule/check.ts'
import { type CodecClass, codecUse } from '../src/schedule/codec-use.ts'

/** Tables of docs/algorithms.md, by the name in their markers, as Markdown. */
export function renderTables(): Readonly<Record<string, string>> {
  return {
    sixteen: sixteenTable(),
    depth: bySize('depth', ({ depth }) => String(depth)),
    bytes: bySize('bytes', ({ bytes }) => bytes.toFixed(2)),
    collectives: collectivesTable(),
    codecs: codecTable(),
    auto: autoTable((size) => createNetwork({ size })),
    sites: autoTable(twoSites)
  }
}

/** Puts the tables between their markers, `<!-- table: name -->` and `<!-- end -->`. */
export function fillTables(text: string): string {
  const tables = renderTables()
  return text.replaceAll(
    /(<!-- table: (\w+) -->\n).*?(<!-- end -->)/gs,
    (_, begin: string, name: string, end: string) => {
      const filled = tables[name]
      if (filled === undefined) throw new RangeError(`there is no table ${name}`)
      return `${begin}\n${filled}\n\n${end}`
    }
  )
}

const SIZES = [2, 3, 4, 7, 8, 16, 33, 64]
/** Elements of a tensor that is large enough to be cut as each algorithm likes best. */
const LARGE = 1 << 24

interface Figures {
  readonly chunks: number
  readonly depth: number
  readonly hops: number
  readonly messages: number
  readonly bytes: number
  readonly peers: number
}

const ROWS: readonly (readonly [string, Algorithm, number])[] = [
  ['ring', 'ring', 1],
  ['tree', 'tree', 1],
  ['butterfly', 'butterfly', 1],
  ['hierarchical, 2 clusters', 'hierarchical', 2],
  ['hierarchical, 4 clusters', 'hierarchical', 4],
  ['direct', 'direct', 1]
]

function figures(
  algorithm: Algorithm,
  size: number,
  clusterCount: number,
  collective: Collective = 'allReduce'
): Figures {
  const plan = {
    algorithm,
    collective,
    members: { length: size },
    clusters: clusterCount === 1 ? [] : evenClusters(size, clusterCount),
    shards: [],
    root: 0,
    length: collective === 'barrier' ? 1 : LARGE
  }
  const shape = shapeOf(plan)
  const schedule = scheduleOf(plan)
  const goal = collective === 'barrier' ? 'allReduce' : collective
  const { depth, hops, sent, received } = checkSchedule(schedule, shape, goal)
  const most = Math.max(...sent, ...received)
  const peers = Array.from({ length: size }, (_, rank) => {
    const each = schedule(rank, shape).flatMap((step) => (step.op === 'finish' ? [] : [step.peer]))
    return new Set(each).size
  })
  const bytes = most / shape.chunks
  const { chunks } = shape
  return { chunks, depth, hops, messages: most, bytes, peers: Math.max(...peers) }
}

function sixteenTable(): string {
  const header = ['16 ranks', 'chunks', 'depth', 'bytes', 'messages', 'peers', 'encodings']
  const rows = ROWS.map(([label, algorithm, clusters]) => {
    const { chunks, depth, bytes, messages, peers, hops } = figures(algorithm, 16, clusters)
    return [label, chunks, depth, bytes.toFixed(2), messages, peers, hops].map(String)
  })
  return table([header, ...rows])
}

function bySize(title: string, cell: (figures: Figures) => string): string {
  const header = [title, ...SIZES.map((size) => `n = ${size}`)]
  const rows = ROWS.map(([label, algorithm, clusters]) => [
    label,
    ...SIZES.map((size) => (size < clusters ? '' : cell(figures(algorithm, size, clusters))))
  ])
  return table([header, ...rows])
}

function collectivesTable(): string {
  const header = ['16 ranks', 'algorithm', 'depth', 'bytes', 'messages']
  const rows: string[][] = []
  const add = (collective: Collective, algorithm: Algorithm, by: string): void => {
    const { depth, bytes, messages } = figures(algorithm, 16, 1, collective)
    const share = collective === 'barrier' ? '' : bytes.toFixed(2)
    rows.push([`\`${collective}\``, by, String(depth), share, String(messages)])
  }
  for (const collective of ['reduceScatter', 'allGather'] as const) {
    add(collective, 'direct', '`direct`')
    add(collective, 'ring', 'others')
  }
  add('broadcast', 'direct', '`direct`')
  add('broadcast', 'tree', 'others')
  for (const algorithm of ['direct', 'tree', 'butterfly', 'ring'] as const) {
    add('barrier', algorithm, `\`${algorithm}\``)
  }
  return table([header, ...rows])
}

function codecTable(): string {
  const classes: Readonly<Record<CodecClass, string>> = {
    exact: 'exact (`float32`, `float32+zstd`, `sparse`)',
    dense: 'dense (`int8`, `int4`, `bfloat16`, `sign`)',
    sparse: 'sparse (`topk`, `randomk`, `threshold`)'
  }
  const names = Object.keys(ALGORITHMS) as Algorithm[]
  const header = ['codec', ...names.map((name) => `\`${name}\``), 'broadcast, all-gather']
  const rows = (Object.keys(classes) as CodecClass[]).map((codecClass) => [
    classes[codecClass],
    ...names.map((name) => codecUse(name, 'allReduce', codecClass)),
    codecUse('ring', 'broadcast', codecClass)
  ])
  return table([header, ...rows])
}

const LENGTHS: readonly (readonly [string, number])[] = [
  ['1 KiB', 1 << 8],
  ['64 KiB', 1 << 14],
  ['1 MiB', 1 << 18],
  ['16 MiB', 1 << 22],
  ['256 MiB', 1 << 26]
]

function autoTable(network: (size: number) => Network): string {
  const header = ['ranks', ...LENGTHS.map(([label]) => label)]
  const rows = [4, 8, 16, 32].map((size) => [
    String(size),
    ...LENGTHS.map(([, length]) => {
      const common = { collective: 'allReduce', dtype: 'float32' as DType, length } as const
      const request = { ...common, codec: 'float32', algorithm: 'auto' } as const
      const { algorithm, predictedMs } = chooseAlgorithm({ request, size, network: network(size) })
      return `${algorithm}, ${roundMs(predictedMs)}`
    })
  ])
  return table([header, ...rows])
}

/** Two halves of 1 Gbit/s and 0.5 ms, with 50 Mbit/s and 40 ms between them. */
function twoSites(size: number): Network {
  const near = (a: number, b: number): boolean => a < size / 2 === b < size / 2
  return createNetwork({
    size,
    delayMs: (a, b) => (near(a, b) ? 0.5 : 40),
    bandwidth: (a, b) => (near(a, b) ? 1e9 : 5e7)
  })
}

function evenClusters(size: number, count: number): number[][] {
  const clusters: number[][] = Array.from({ length: count }, () => [])
  for (let rank = 0; rank < size; rank++) clusters[Math.floor((rank * count) / size)]?.push(rank)
  return clusters
}

function roundMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`
}

/** Rows with columns of equal width, the first row as the header. */
function table(rows: readonly (readonly string[])[]): string {
  const [header = []] = rows
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = line(widths.map((width) => '-'.repeat(width)))
  return [line(header), rule, ...rows.slice(1).map((row) => line(row))].join('\n')
}
