import type { JobResult, JobSummary } from './job.ts'
import type { JobLink } from './links.ts'
import type { Report } from './task.ts'

/** Digits of a digest that are shown; 12 of 64 tell two apart. */
const DIGEST_SHOWN = 12

/** The result of a job for people: a table and what to make of it. */
export function describeJob(result: JobResult, summary: JobSummary, codec: string): string {
  const rows = [
    ['', 'learned', 'examples', 'accuracy', 'sent', 'seconds', 'parameters'],
    ...result.swarm.map((report, index) => row(`peer ${index}`, report)),
    row('solo', result.solo),
    row('central', result.central),
    ...(result.calm === undefined ? [] : [row('calm', result.calm)])
  ]
  const factor = summary.bytesSentFloat32 / summary.bytesSent
  // one peer alone sends nothing
  const saving = Number.isFinite(factor) ? `, ${factor.toFixed(2)} times as much` : ''
  const fewest = Math.min(...result.swarm.map((report) => report.participants))
  return [
    formatTable(rows),
    '',
    `${summary.peers} peers, ${summary.rounds} rounds, at least ${fewest} peers in each`,
    `worst peer ${percent(summary.accuracy)}, one of them alone ${percent(summary.soloAccuracy)}, ` +
      `all data in one place ${percent(summary.centralAccuracy)}`,
    `sent with ${codec}: ${formatBytes(summary.bytesSent)}; the same rounds in float32: ` +
      `${formatBytes(summary.bytesSentFloat32)}${saving}`,
    ...describeFaults(result),
    `parameters bit-identical on all peers: ${summary.parametersIdentical ? 'yes' : 'NO'}`,
    ...describeLinks(summary.links),
    `${summary.seconds.toFixed(1)} s in all`
  ].join('\n')
}

function describeFaults({ faults, calm, swarm }: JobResult): string[] {
  if (calm === undefined) return []
  const killed = faults.filter(({ kind }) => kind === 'kill')
  const stopped = faults.filter(({ kind }) => kind === 'freeze')
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
    `a peer was killed and started again ${times(killed.length)}, and stopped for a while ${times(stopped.length)}`,
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

function times(count: number): string {
  return ['never', 'once', 'twice'][count] ?? `${count} times`
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
    `accuracy ${percent(report.accuracy)} after ${report.rounds} rounds with at least ` +
      `${report.participants} peers, in ${report.seconds.toFixed(1)} s`,
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
