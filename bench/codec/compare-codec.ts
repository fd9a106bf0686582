import { losslessCodec } from 'coatcheck'
import { parse, stringify } from 'devalue'
import { findQuartiles, formatRange } from '../statistics.ts'
import { formatTable } from '../table.ts'
import { plainSamples, richSamples } from './samples.ts'

const rounds = 60
const warmUpRounds = 20
const roundDuration = 2_000_000n

interface Peer {
  readonly name: string
  readonly encode: (value: unknown) => string
  readonly decode: (text: string) => unknown
}

/** The built-in codec beside what it stands on, in turns within one process. */
export async function compareCodec(): Promise<void> {
  console.log(`Codec, ${rounds} rounds in turns, time of one call (µs) and ratio to the peer:\n`)
  const rows = [
    ...comparePeer({ name: 'JSON', encode: JSON.stringify, decode: JSON.parse }, plainSamples),
    ...comparePeer({ name: 'devalue', encode: stringify, decode: parse }, richSamples),
  ]
  console.log(formatTable(['data', 'bytes', 'call', 'ours', 'peer', 'peer is', 'ratio', 'quartiles'], rows))
}

function comparePeer(peer: Peer, samples: Record<string, unknown>): string[][] {
  return Object.entries(samples).flatMap(([name, value]) => {
    const ours = losslessCodec.encode(value)
    const theirs = peer.encode(value)
    const calls = {
      encode: [() => losslessCodec.encode(value), () => peer.encode(value)],
      decode: [() => losslessCodec.decode(ours), () => peer.decode(theirs)],
    } as const
    return Object.entries(calls).map(([call, [callOurs, callPeer]]) => [
      name,
      String(Buffer.byteLength(ours)),
      call,
      ...compareCalls(callOurs, callPeer, peer),
    ])
  })
}

function compareCalls(callOurs: () => unknown, callPeer: () => unknown, peer: Peer): string[] {
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < warmUpRounds + rounds; round += 1) {
    const first = round % 2 === 0 ? ours : theirs
    for (const series of [first, first === ours ? theirs : ours]) {
      series.push(measureCall(series === ours ? callOurs : callPeer))
    }
  }
  const [settled, settledTheirs] = [ours.slice(warmUpRounds), theirs.slice(warmUpRounds)]
  const ratios = settled.map((time, round) => time / (settledTheirs[round] ?? Number.NaN))
  const medians = [settled, settledTheirs].map((series) => findQuartiles(series).median.toFixed(2))
  return [...medians, peer.name, ...formatRange(findQuartiles(ratios))]
}

// What the calls return goes here, so that no compiler can leave them out.
export const sink: { last: unknown } = { last: undefined }

/** Microseconds of one call, from as many as fit into a round. */
function measureCall(call: () => unknown): number {
  const start = process.hrtime.bigint()
  let calls = 0
  let elapsed = 0n
  while (elapsed < roundDuration) {
    for (let repetition = 0; repetition < 20; repetition += 1) sink.last = call()
    calls += 20
    elapsed = process.hrtime.bigint() - start
  }
  return Number(elapsed) / 1000 / calls
}
