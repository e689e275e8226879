import type { JobInit, JobResult } from './job-init.ts'
import { isLiar } from './recruit.ts'
import type { JobSummary } from './summary.ts'
import type { JobLink } from './links.ts'
import type { Report } from './task.ts'

/** Digits of a digest that are shown; 12 of 64 tell two apart. */
const DIGEST_SHOWN = 12

/** The result of a job for people: a table and what to make of it. */
export function describeJob(
  result: JobResult,
  summary: JobSummary,
  init: Pick<JobInit, 'codec' | 'peers' | 'liars'>
): string {
  const { codec } = init
  const nameOf = (index: number): string => `peer ${index}${isLiar(index, init) ? ', lies' : ''}`
  const rows = [
    ['', 'learned', 'examples', 'accuracy', 'sent', 'seconds', 'parameters'],
    ...result.swarm.map((report, index) => row(nameOf(index), report)),
    row('solo', result.solo),
    row('central', result.central),
    ...(result.calm === undefined ? [] : [row('calm', result.calm)])
  ]
  const factor = summary.bytesSentFloat32 / summary.bytesSent
  // one peer alone sends nothing
  const saving = Number.isFinite(factor) ? `, ${factor.toFixed(2)} times as much` : ''
  // the rows above are of the processes that are there in the end
  const killed =
    result.bytesSentByKilled > 0
      ? `, of which ${formatBytes(result.bytesSentByKilled)} by processes that were killed`
      : ''
  const fewest = Math.min(...result.swarm.map((report) => report.participants))
  return [
    formatTable(rows),
    '',
    `${counted(summary.peers, 'peer')}, ${counted(summary.rounds, 'round')}, ` +
      `${fewest === summary.peers ? 'all of them' : `at least ${fewest} of them`} in each`,
    `worst peer ${percent(summary.accuracy)}, one of them alone ${percent(summary.soloAccuracy)}, ` +
      `all data in one place ${percent(summary.centralAccuracy)}`,
    `sent with ${codec}: ${formatBytes(summary.bytesSent)}${killed}; the same rounds in float32: ` +
      `${formatBytes(summary.bytesSentFloat32)}${saving}`,
    ...describeFaults(result),
    `parameters bit-identical on all peers: ${summary.parametersIdentical ? 'yes' : 'NO'}`,
    ...describeLinks(summary.links),
    `${summary.seconds.toFixed(1)} s in all`
  ].join('\n')
}

/** Who of a swarm lies and what gradients are aggregated by, where it is not the usual. */
export function describeLiars({
  peers,
  liars = 0,
  lie,
  rule
}: Pick<JobInit, 'peers' | 'liars' | 'lie' | 'rule'>): string | undefined {
  if (liars === 0 && rule === undefined) return undefined
  const who = Array.from({ length: peers }, (_, index) => index).filter((index) =>
    isLiar(index, { peers, liars })
  )
  const lying =
    liars === 0
      ? 'nobody lies'
      : `${liars === 1 ? 'peer' : 'peers'} ${who.join(', ')} ${liars === 1 ? 'lies' : 'lie'}: ${lie}`
  return `${lying}; gradients are aggregated by ${rule ?? 'their mean, which liars can move at will'}`
}

function describeFaults({ faults, calm, swarm }: JobResult): string[] {
  if (calm === undefined) return []
  const killed = faults.filter(({ kind }) => kind === 'kill')
  const stopped = faults.filter(({ kind }) => kind === 'freeze')
  const joined = faults.filter(({ kind }) => kind === 'join')
  const thawed = stopped.filter(
    ({ peer, wasBehind }) => wasBehind && !killed.some((fault) => fault.peer === peer)
  )
  const rows = [
    ['peer', 'fault', 'at step', 'back at step', 'after', 'took over the state'],
    ...faults.map(({ peer, kind, step, backAt, seconds, wasBehind }) => [
      String(peer),
      { kill: 'killed', freeze: 'stopped', join: 'joined' }[kind],
      String(step),
      String(backAt),
      `${seconds.toFixed(1)} s`,
      wasBehind ? 'yes' : 'no'
    ])
  ]
  return [
    '',
    `killed and started again: ${killed.length}, stopped for a while: ${stopped.length}, joined later: ${joined.length}`,
    formatTable(rows),
    ...thawed.map(
      ({ peer, step, backAt }) =>
        `peer ${peer}, stopped at step ${step}, was gone on without, took over the state of the others by ` +
        `step ${backAt}, and is the same process to the end: ${swarm[peer]?.digest.slice(0, DIGEST_SHOWN) ?? '?'}`
    ),
    '',
    `without any of it, the same training comes to ${percent(calm.accuracy)}`
  ]
}

/** What carried the gradients between each two peers, and what protected them. */
function describeLinks(links: readonly JobLink[]): string[] {
  if (links.length === 0) return []
  const rows = [
    ['link', 'transport', 'encryption', 'way', 'round trip', 'there', 'back'],
    ...links.map(({ peers, transport, encryption, relayed, rttMs, bytesThere, bytesBack }) => [
      `peers ${peers.join(' and ')}`,
      transport,
      encryption,
      relayed ? 'over a relay' : 'direct',
      rttMs === undefined ? '-' : `${rttMs.toFixed(1)} ms`,
      formatBytes(bytesThere),
      formatBytes(bytesBack)
    ])
  ]
  return ['', formatTable(rows, 4), '']
}

/** The result of one peer for people. */
export function describeReport(report: Report): string {
  return [
    `accuracy ${percent(report.accuracy)} after ${counted(report.rounds, 'round')} with at least ` +
      `${counted(report.participants, 'peer')}, in ${report.seconds.toFixed(1)} s`,
    `sent ${formatBytes(report.bytesSent)}`,
    ...report.links.map(
      ({ peer, transport, encryption, relayed }) =>
        `connected to ${peer} by ${transport}, ${encryption}, ${relayed ? 'over a relay' : 'direct'}`
    ),
    `parameters ${report.digest}`
  ].join('\n')
}

function row(name: string, report: Report): string[] {
  return [
    name,
    report.digits.length === 10 ? 'all digits' : report.digits.join(' '),
    String(report.examples),
    percent(report.accuracy),
    report.bytesSent === 0 ? '-' : formatBytes(report.bytesSent),
    report.seconds.toFixed(1),
    report.digest.slice(0, DIGEST_SHOWN)
  ]
}

/** Rows in columns: names, by default in the first two, to the left, numbers to the right. */
export function formatTable(rows: readonly (readonly string[])[], names = 2): string {
  const widths: number[] = []
  for (const cells of rows) {
    for (const [i, cell] of cells.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  }
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i < names ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return rows.map(line).join('\n')
}

/** `1 peer`, `2 peers`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** `0.9655` as `96.55 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}

/** Bytes in decimal units, as networks are measured. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? ''}`
}
