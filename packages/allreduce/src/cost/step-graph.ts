import { dependencies } from '../schedule/dependencies.ts'
import type { Step } from '../schedule/schedule.ts'

/** Kinds of steps, as numbers. */
export const SEND = 0
export const REDUCE = 1
export const COPY = 2
export const FINISH = 3

const KINDS: Readonly<Record<Step['op'], number>> = {
  send: SEND,
  reduce: REDUCE,
  copy: COPY,
  finish: FINISH
}

/** The steps of all ranks in one list, and which waits for which; -1 stands for none. */
export interface StepGraph {
  readonly count: number
  readonly op: Uint8Array
  readonly rank: Int32Array
  readonly peer: Int32Array
  readonly chunk: Int32Array
  /** Of a send: whether it sends a partial sum. */
  readonly partial: Uint8Array
  readonly chunkBefore: Int32Array
  readonly chunkAfter: Int32Array
  readonly laneBefore: Int32Array
  readonly laneAfter: Int32Array
  /** The send that a receive takes, and the receive that takes a send. */
  readonly source: Int32Array
  readonly target: Int32Array
  /** How many steps each waits for. */
  readonly waiting: Uint8Array
  /** Peers that each rank sends to and receives from. */
  readonly peersOut: Int32Array
  readonly peersIn: Int32Array
}

/** Lists the steps of all ranks of a schedule that was proved: messages have to match. */
export function createStepGraph(
  size: number,
  stepsOf: (rank: number) => readonly Step[]
): StepGraph {
  const lists = Array.from({ length: size }, (_, rank) => stepsOf(rank))
  const count = lists.reduce((sum, steps) => sum + steps.length, 0)
  const none = (): Int32Array => new Int32Array(count).fill(-1)
  const graph: StepGraph = {
    count,
    op: new Uint8Array(count),
    rank: new Int32Array(count),
    peer: none(),
    chunk: new Int32Array(count),
    partial: new Uint8Array(count),
    chunkBefore: none(),
    chunkAfter: none(),
    laneBefore: none(),
    laneAfter: none(),
    source: none(),
    target: none(),
    waiting: new Uint8Array(count),
    peersOut: new Int32Array(size),
    peersIn: new Int32Array(size)
  }
  const firstSends = new Map<number, number>()
  const firstReceives = new Map<number, number>()
  let offset = 0
  for (const [rank, steps] of lists.entries()) {
    addRank(graph, rank, steps, offset, size, firstSends, firstReceives)
    offset += steps.length
  }
  for (const [lane, send] of firstSends) match(graph, send, firstReceives.get(lane) ?? -1)
  return graph
}

function addRank(
  graph: StepGraph,
  rank: number,
  steps: readonly Step[],
  offset: number,
  size: number,
  firstSends: Map<number, number>,
  firstReceives: Map<number, number>
): void {
  const finished = new Set<number>()
  const waits = dependencies(steps)
  for (const [index, step] of steps.entries()) {
    const at = offset + index
    const { chunk, lane } = waits[index] ?? {}
    graph.op[at] = KINDS[step.op]
    graph.rank[at] = rank
    graph.chunk[at] = step.chunk
    if (chunk !== undefined) {
      graph.chunkBefore[at] = offset + chunk
      graph.chunkAfter[offset + chunk] = at
      graph.waiting[at] = (graph.waiting[at] ?? 0) + 1
    }
    if (lane !== undefined) {
      graph.laneBefore[at] = offset + lane
      graph.laneAfter[offset + lane] = at
      graph.waiting[at] = (graph.waiting[at] ?? 0) + 1
    }
    if (step.op === 'finish' || step.op === 'copy') finished.add(step.chunk)
    if (step.op === 'finish') continue
    graph.peer[at] = step.peer
    if (step.op === 'send') graph.partial[at] = finished.has(step.chunk) ? 0 : 1
    else graph.waiting[at] = (graph.waiting[at] ?? 0) + 1
    if (lane !== undefined) continue
    const peers = step.op === 'send' ? graph.peersOut : graph.peersIn
    peers[rank] = (peers[rank] ?? 0) + 1
    if (step.op === 'send') firstSends.set(rank * size + step.peer, at)
    else firstReceives.set(step.peer * size + rank, at)
  }
}

/** Joins the sends and the receives of one lane, in order. */
function match(graph: StepGraph, firstSend: number, firstReceive: number): void {
  let [send, receive] = [firstSend, firstReceive]
  while (send >= 0 && receive >= 0) {
    graph.target[send] = receive
    graph.source[receive] = send
    send = graph.laneAfter[send] ?? -1
    receive = graph.laneAfter[receive] ?? -1
  }
}
