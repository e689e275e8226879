import type { Range } from '../schedule/partition.ts'
import type { Step } from '../schedule/schedule.ts'
import type { Trunks } from './clusters.ts'
import { Heap } from './heap.ts'
import type { Network } from './network.ts'
import { createStepGraph, FINISH, REDUCE, SEND } from './step-graph.ts'
import { chunkCost, msPerByte, TRANSPORT_COST, type TransportCost } from './transport-cost.ts'
import type { ValueCost } from './value-cost.ts'

/** Who moves what. */
export interface Workload {
  /** The steps of each rank. */
  steps(rank: number): readonly Step[]
  /** Where the chunks lie, in elements. */
  readonly chunks: readonly Range[]
  /** Elements of a full segment. */
  readonly segmentLength: number
  readonly value: ValueCost
  /** Lines that connections share; none if left out. */
  readonly trunks?: Trunks | undefined
}

/**
 * ms until the last rank is through with its steps.
 *
 * Every step is taken to run as in the executor: it waits for the step before it
 * on the same chunk, segment by segment, and for all of the step before it in
 * its lane. Of each step two moments are kept, at which its first and its last
 * segment are done, which is enough for a pipeline of equal segments. It uses
 * the processor of its rank, and a message the uplink of one rank, a connection
 * and the downlink of another; each of these serves one step after another, in
 * the order in which they become ready. Receivers keep up.
 */
export function simulate(
  network: Network,
  workload: Workload,
  transport: TransportCost = TRANSPORT_COST
): number {
  const { size, delays, bandwidths } = network
  const graph = createStepGraph(size, (rank) => workload.steps(rank))
  const chunks = workload.chunks.map(({ start, end }) =>
    chunkCost(end - start, workload.segmentLength, workload.value, transport)
  )
  const uplinkMs = msPerByte(network.uplinks, graph.peersOut, transport)
  const downlinkMs = msPerByte(network.downlinks, graph.peersIn, transport)
  const processors = new Float64Array(size)
  const uplinks = new Float64Array(size)
  const downlinks = new Float64Array(size)
  const { trunks } = workload
  const trunksFree = new Float64Array(trunks?.bandwidths.length ?? 0)
  const begun = new Float64Array(graph.count)
  // of each step, when the next one on the chunk may follow with its first and its last segment
  const first = new Float64Array(graph.count)
  const last = new Float64Array(graph.count)
  // and when they have left, for sends, or are done
  const firstOut = new Float64Array(graph.count)
  const lastOut = new Float64Array(graph.count)
  const waiting = graph.waiting.slice()
  const ready = new Heap()
  let end = 0
  // of the step at hand, when its first and last segment have come as far as they have
  let from = 0
  let until = 0

  const after = (times: Float64Array, step: number | undefined): number =>
    step === undefined || step < 0 ? 0 : (times[step] ?? 0)
  const link = (send: number): number => (graph.rank[send] ?? 0) * size + (graph.peer[send] ?? 0)
  const enqueue = (step: number): void => {
    const source = graph.source[step] ?? -1
    const arrival = source < 0 ? 0 : (begun[source] ?? 0) + (delays[link(source)] ?? 0)
    const chunk = after(first, graph.chunkBefore[step])
    ready.push(Math.max(chunk, after(lastOut, graph.laneBefore[step]), arrival), step)
  }
  const release = (step: number | undefined): void => {
    if (step === undefined || step < 0) return
    waiting[step] = (waiting[step] ?? 0) - 1
    if (waiting[step] === 0) enqueue(step)
  }
  /** Passes the segments through a server that is busy with them for some ms, and longer with each for itself. */
  const serve = (
    free: Float64Array,
    rank: number,
    segments: number,
    ms: number,
    own = ms
  ): void => {
    const begin = Math.max(from, free[rank] ?? 0)
    free[rank] = begin + ms
    from = begin + own / segments
    until = Math.max(begin + own, until + own / segments)
  }

  for (let step = 0; step < graph.count; step++) if (waiting[step] === 0) enqueue(step)
  for (let step = ready.pop(); step >= 0; step = ready.pop()) {
    const rank = graph.rank[step] ?? 0
    const op = graph.op[step]
    const cost = chunks[graph.chunk[step] ?? 0]
    from = Math.max(after(first, graph.chunkBefore[step]), after(lastOut, graph.laneBefore[step]))
    until = Math.max(from, after(last, graph.chunkBefore[step]))
    let accepted: readonly [number, number] | undefined
    if (cost !== undefined && cost.segments > 0) {
      const { segments, bytes } = cost
      if (op === SEND) {
        const encode = graph.partial[step] === 1 ? cost.encodeMs : 0
        serve(processors, rank, segments, cost.forwardMs + encode)
        accepted = [from, until]
        const own = (bytes * 8e3) / (bandwidths[link(step)] ?? 1)
        const shared = bytes * (uplinkMs[rank] ?? 0)
        const trunk = trunks === undefined ? -1 : trunkOf(trunks, rank, graph.peer[step] ?? 0)
        if (trunk >= 0) {
          // it takes its place in the line while it goes out
          from = Math.max(from, trunksFree[trunk] ?? 0)
          trunksFree[trunk] = from + (bytes * 8e3) / (trunks?.bandwidths[trunk] ?? 1)
        }
        begun[step] = Math.max(from, uplinks[rank] ?? 0)
        serve(uplinks, rank, segments, shared, Math.max(shared, own))
      } else if (op === FINISH) {
        serve(processors, rank, segments, cost.finishMs)
      } else {
        const source = graph.source[step] ?? -1
        const delay = delays[link(source)] ?? 0
        const sent = {
          first: after(firstOut, source) + delay,
          last: after(lastOut, source) + delay
        }
        // a message goes through the downlink while it arrives
        from = Math.max(from, after(begun, source) + delay)
        serve(downlinks, rank, segments, bytes * (downlinkMs[rank] ?? 0))
        from = Math.max(from, sent.first)
        until = Math.max(until, sent.last)
        serve(processors, rank, segments, op === REDUCE ? cost.reduceMs : cost.copyMs)
      }
    }
    firstOut[step] = from
    lastOut[step] = until
    if (accepted === undefined) {
      first[step] = from
      last[step] = until
    } else {
      // a channel takes some bytes at once, and the rest as they leave
      const window = transport.windowBytes / Math.max(transport.windowBytes, cost?.bytes ?? 0)
      first[step] = accepted[0]
      last[step] = accepted[1] + (until - accepted[1]) * (1 - window)
    }
    end = Math.max(end, until)
    release(graph.chunkAfter[step])
    release(graph.laneAfter[step])
    release(graph.target[step])
  }
  return end
}

/** The line between the clusters of two ranks; -1 if they share none. */
function trunkOf({ count, home, bandwidths }: Trunks, from: number, to: number): number {
  const trunk = (home[from] ?? 0) * count + (home[to] ?? 0)
  return Number.isFinite(bandwidths[trunk]) ? trunk : -1
}
