/**
 * Measures the codecs on gradients of the trainer and on made-up data, and writes
 * docs/codecs.md with a plot beside it: `npm run codec-table`. Takes a minute, on a
 * machine that has nothing else to do.
 */
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { createCodec, measure, type Measurement } from '@daa-compute/compression'

import { createSamples } from './codec-data.ts'
import { plot } from './codec-plot.ts'

const NAMES = [
  ...['float32', 'float16', 'bfloat16', 'int8', 'int8:stochastic', 'int4', 'int4:stochastic'],
  ...['sign', 'topk:0.1', 'topk:0.01', 'randomk:0.01', 'threshold:0.001', 'sparse'],
  ...['float32+zstd:1', 'int8+zstd:1', 'int8+lz4', 'int8+snappy', 'int4+zstd:1'],
  ...['topk:0.01+zstd:1', 'sparse+zstd:1']
]

/** ms for each direction of each codec and sample. */
const FOR_MS = 400

const DOCS = new URL('../../../docs/', import.meta.url)

const TITLES: Readonly<Record<string, string>> = {
  gradients: 'Ten gradients of the trainer, over a run of 600 steps',
  'N(0,1)': 'A bell curve',
  sparse: 'A bell curve of which nine tenths are zero'
}

/** What a codec came to on one sample. */
interface Row extends Measurement {
  readonly name: string
  /** Mean squared error over the mean square: 0 is no loss, 1 is nothing left. */
  readonly loss: number
}

const samples = await createSamples()
const rows = new Map<string, Row[]>()
for (const { name: sample, values } of samples) {
  const square = values.reduce((sum, value) => sum + value * value, 0) / values.length
  const measured: Row[] = []
  for (const name of NAMES) {
    const found = measure(values, await createCodec(name), { forMs: FOR_MS, seed: 1 })
    measured.push({ ...found, name, loss: found.mse / square })
  }
  rows.set(sample, measured)
}

const tables = [...rows].map(([sample, measured]) =>
  [
    `## ${TITLES[sample] ?? sample}`,
    '',
    '| codec | times smaller | loss | largest error | encode GB/s | decode GB/s |',
    '| --- | --- | --- | --- | --- | --- |',
    ...measured.map((row) =>
      [
        `| \`${row.name}\``,
        row.ratio.toFixed(2),
        number(row.loss),
        number(row.maxError),
        row.encodeGBps.toFixed(2),
        `${row.decodeGBps.toFixed(2)} |`
      ].join(' | ')
    ),
    ''
  ].join('\n')
)

const gradients = rows.get('gradients') ?? []
await writeFile(
  new URL('codecs.svg', DOCS),
  plot([
    {
      title: 'what is lost of a gradient (lossless: at the bottom)',
      xLabel: 'times smaller',
      x: [1, 1000],
      y: [1e-8, 1],
      points: gradients.map(({ name, ratio, loss }) => ({ name, x: ratio, y: loss }))
    },
    {
      title: 'GB/s of gradient encoded',
      xLabel: 'times smaller',
      x: [1, 1000],
      y: [0.1, 100],
      points: gradients.map(({ name, ratio, encodeGBps }) => ({ name, x: ratio, y: encodeGBps }))
    }
  ])
)
await writeFile(
  new URL('codecs.md', DOCS),
  `# What codecs are worth

\`npm run codec-table --prefix apps/trainer\` has written this, on one thread of
${cpus()[0]?.model ?? 'an unknown processor'} with Node.js ${process.versions.node}. Speeds are of
float32 in or out, the median of ${FOR_MS} ms of calls. _Loss_ is the mean squared error over the
mean square of the values: 0 loses nothing, at 1 nothing is left. With error feedback, what is lost
in one round comes back in the next ones.

![ratio against loss and speed](codecs.svg)

${tables.join('\n')}`
)

function number(value: number): string {
  return value === 0 ? '0' : value.toExponential(1)
}
