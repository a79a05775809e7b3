/** One run of an exchange: moves packets between the two ends as the lines say, and says what is wrong. */
import { VirtualClock } from '../../lib/sim/virtual-clock';
import { Segment } from '../../lib/wire/segment';
import './invariant-check';
import type { ExchangeOptions } from './exchange';
import { ExchangeEnd } from './exchange-end';
import {
  type ExchangeAction,
  type ExchangeStep,
  figureExtent,
  type Side,
  type SideCalls,
  type States,
} from './exchange-parser';
import { describeSegment, findDifference, type NotationBases } from './packet-notation';
import type { Wrap } from './script-run';
import type { SentPacket } from './test-link';
import { readPacket } from './test-packet';

type PacketAction = Extract<ExchangeAction, { kind: 'packet' }>;

/** As in the figures of RFC 9293; a second connection begins a thousand behind. */
const FIRST_ISS = { A: [100, 1100, 2100], B: [300, 1300, 2300] };

export class ExchangeRun {
  readonly clock: VirtualClock;
  readonly #ends: Record<Side, ExchangeEnd>;
  /** Absolute number of each side's 0. */
  readonly #bases: Record<Side, number>;

  constructor(steps: readonly ExchangeStep[], wrap: Wrap, options: ExchangeOptions) {
    const iss = { ...FIRST_ISS, ...options.iss };
    const start = { A: iss.A[0], B: iss.B[0] };
    const extent = figureExtent(steps, start);
    const middle = (side: Side): number =>
      start[side] + Math.ceil((extent[side] - start[side]) / 2);
    this.clock = new VirtualClock(wrap.startMs);
    this.#bases = { A: wrap.edge - middle('A'), B: wrap.edge - middle('B') };
    const generation = (): number =>
      Math.max(this.#ends?.A?.connects ?? 0, this.#ends?.B?.connects ?? 0);
    const end = (side: Side): ExchangeEnd =>
      new ExchangeEnd({
        side,
        clock: this.clock,
        tcp: options.tcp,
        iss: iss[side].map((number) => (number + this.#bases[side]) | 0),
        generation,
      });
    this.#ends = { A: end('A'), B: end('B') };
  }

  /** @returns what went wrong; '' when nothing did */
  take(action: ExchangeAction): string {
    try {
      return this.#take(action);
    } catch (error) {
      return (error as Error).stack ?? String(error);
    }
  }

  findLeftovers(): string {
    const left = this.#describeUnlisted();
    if (left !== '') return left;
    for (const { side, user } of Object.values(this.#ends)) {
      if (user.unheard.length > 0) return `${side} heard, unlisted: ${user.unheard.join(', ')}`;
    }
    return '';
  }

  close(): void {
    for (const end of Object.values(this.#ends)) end.close();
    this.#settle();
  }

  #take(action: ExchangeAction): string {
    switch (action.kind) {
      case 'packet':
        return this.#move(action);
      case 'calls':
        return this.#call(action) || this.#settle();
      case 'after': {
        const left = this.#describeUnlisted(false);
        if (left === '') this.clock.advanceTo(this.clock.now() + action.ms);
        return left;
      }
      case 'states':
        return this.#compareStates(action.states);
    }
  }

  #call({ side, calls }: SideCalls): string {
    for (const call of calls) {
      const failure = this.#ends[side].perform(call);
      if (failure !== '') return failure;
    }
    return '';
  }

  /** Everything that happens at this instant happens. */
  #settle(): string {
    this.clock.advanceTo(this.clock.now());
    return '';
  }

  #move(action: PacketAction): string {
    const { from, fate, joined } = action;
    const sender = this.#ends[from];
    const isLate = fate === 'late' || fate === 'late-lost';
    const queue = isLate ? sender.kept : sender.link.sent;
    const place = isLate ? queue.findIndex((packet) => this.#differs(packet, action) === '') : 0;
    const packet = queue[place];
    if (packet === undefined) return isLate ? 'the wire keeps no such packet' : 'nothing was sent';
    const difference = isLate ? '' : this.#differs(packet, action) || sender.checkText(packet);
    if (difference !== '') return `got\n${this.#describe([packet], from)}\n  wrong: ${difference}`;
    queue.splice(place, 1);
    const failure = this.#meet(packet, action);
    if (failure !== '') return failure;
    if (joined.length > 0 && fate !== 'delivered' && fate !== 'late') return 'nothing to join';
    return this.#compareStates(action.states);
  }

  /** The packet meets its fate. */
  #meet(packet: SentPacket, { from, fate, joined }: PacketAction): string {
    const { other, kept } = this.#ends[from];
    const receiver = this.#ends[other];
    if (fate === 'kept') kept.push(packet);
    if (fate === 'kept' || fate === 'lost' || fate === 'late-lost') return '';
    const bytes = Buffer.from(packet.bytes);
    if (fate === 'flipped') bytes[bytes.length - 1] ^= 1;
    receiver.link.receive(bytes);
    for (const calls of joined) {
      const failure = this.#call(calls);
      if (failure !== '') return failure;
    }
    receiver.link.endBatch();
    return this.#settle();
  }

  #differs(packet: SentPacket, { from, packet: line }: PacketAction): string {
    const segment = new Segment();
    readPacket(packet.bytes, segment);
    // A reset from nowhere bears the number 0 itself, of nobody's sequence (RFC 9293 §3.5.2).
    const fromNowhere = /^R\. 0:0/.test(line.text);
    const bases = this.#basesOf(from);
    return findDifference(line, fromNowhere ? { ...bases, seqBase: 0 } : bases, segment);
  }

  #basesOf(from: Side): NotationBases {
    const { other } = this.#ends[from];
    return { seqBase: this.#bases[from], ackBase: this.#bases[other], tsBase: 0 };
  }

  #compareStates(states: States): string {
    const { A, B } = this.#ends;
    if (A.state === states.A && B.state === states.B) return '';
    return `the states are ${A.state} and ${B.state}`;
  }

  #describeUnlisted(withKept = true): string {
    const lines: string[] = [];
    for (const { side, link, kept } of Object.values(this.#ends)) {
      if (link.sent.length > 0)
        lines.push(`${side} sent, unlisted,`, this.#describe(link.sent, side));
      if (withKept && kept.length > 0)
        lines.push('the wire still keeps', this.#describe(kept, side));
    }
    return lines.join('\n');
  }

  #describe(packets: readonly SentPacket[], from: Side): string {
    const lines = packets.map(({ bytes }) => {
      const segment = new Segment();
      readPacket(bytes, segment);
      return `  ${describeSegment(segment, this.#basesOf(from))}`;
    });
    return lines.join('\n');
  }
}
