/**
 * An Ethernet in virtual time: stations whose frames reach every other station a little later, a log
 * of all of them, and the test's own voice among them.
 */
import { EthernetLink } from '../../../lib/link/ethernet/ethernet-link';
import type { EthernetLinkOptions } from '../../../lib/link/ethernet/ethernet-options';
import { VirtualClock } from '../../../lib/sim/virtual-clock';
import { Stack } from '../../../lib/stack/stack';
import { SeededRandom } from '../../../lib/support/random';
import { IpAddress } from '../../../lib/wire/ip-address';

/** From one station to the others, ms. */
const DELAY_MS = 0.1;

export interface Attached {
  link: EthernetLink;
  stack: Stack;
}

export type StationOptions = Omit<EthernetLinkOptions, 'carrier'>;

export class Hub {
  readonly clock = new VirtualClock();
  /** Frames that stations have sent and the test has not taken, as text; see `describe`. */
  readonly log: string[] = [];
  /** Those frames' bytes. */
  readonly frames: Buffer[] = [];
  /** Which frames get lost. */
  loses: (frame: Buffer) => boolean = () => false;
  readonly #links: EthernetLink[] = [];
  #seed = 1;

  /** A station with a stack of its own. */
  attach(options: StationOptions): Attached {
    const link = this.plug(options);
    const random = new SeededRandom(this.#seed++);
    const { clock } = this;
    const fill = (target: Uint8Array) => random.fill(target);
    return { link, stack: new Stack({ links: [link], clock, random: fill }) };
  }

  /** A station without a stack: for whoever opens the link himself. */
  plug(options: StationOptions): EthernetLink {
    const send = (frame: Uint8Array) => {
      const bytes = Buffer.from(frame);
      this.frames.push(bytes);
      this.log.push(describe(bytes));
      if (!this.loses(bytes)) this.#spread(bytes, link);
    };
    const link: EthernetLink = new EthernetLink({ ...options, carrier: { send } });
    this.#links.push(link);
    return link;
  }

  /** A frame from the test itself, to everybody; in hex, padded to 60 bytes. */
  inject(hex: string): void {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    const frame = Buffer.alloc(Math.max(60, bytes.length));
    bytes.copy(frame);
    this.#spread(frame, null);
  }

  /** Lets time pass. @returns what stations have sent meanwhile */
  pass(ms: number): string[] {
    this.clock.advanceTo(this.clock.now() + ms);
    this.frames.length = 0;
    return this.log.splice(0);
  }

  #spread(frame: Buffer, from: EthernetLink | null): void {
    this.clock.schedule(this.clock.now() + DELAY_MS, () => {
      for (const link of this.#links) if (link !== from) link.receive(frame);
    });
  }
}

/** Lets what is due by Node's own queues happen, too. */
export async function settle(hub: Hub, ms: number): Promise<string[]> {
  const sent: string[] = [];
  for (let i = 0; i < 10; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    sent.push(...hub.pass(ms / 10));
  }
  return sent;
}

/** One frame as a line: `01 > ff arp who 10.0.0.2 tell 10.0.0.1`; stations by their last byte. */
function describe(frame: Buffer): string {
  const way = `${frame.toString('hex', 11, 12)} > ${frame.toString('hex', 5, 6)}`;
  const type = frame.readUInt16BE(12);
  if (type === 0x0806) return `${way} ${describeArp(frame.subarray(14))}`;
  if (type === 0x0800) return `${way} ip ${dotted(frame, 26)} > ${dotted(frame, 30)}`;
  if (type === 0x86dd) return `${way} ${describeIpv6(frame.subarray(14))}`;
  return `${way} type ${type.toString(16)}`;
}

/** `nd who fd00::2 tell fd00::1`, `nd fd00::2 is 02` and, where nobody has asked, `…, here`. */
function describeIpv6(packet: Buffer): string {
  const [source, destination] = [address(packet, 8), address(packet, 24)];
  if (packet[6] !== 58 || packet[40] < 135) return `ip ${source} > ${destination}`;
  const target = address(packet, 48);
  if (packet[40] === 135) return `nd who ${target} tell ${source}`;
  const isAnswer = (packet[44] & 0x40) !== 0;
  return `nd ${target} is ${packet.toString('hex', 71, 72)}${isAnswer ? '' : ', here'}`;
}

function address(bytes: Buffer, at: number): string {
  const words = [0, 4, 8, 12].map((i) => bytes.readInt32BE(at + i));
  return IpAddress.fromIpv6(words[0], words[1], words[2], words[3]).text;
}

function describeArp(arp: Buffer): string {
  const [sender, target] = [dotted(arp, 14), dotted(arp, 24)];
  if (arp.readUInt16BE(6) === 2) return `arp ${sender} is ${arp.toString('hex', 13, 14)}`;
  return sender === target ? `arp ${sender} is here` : `arp who ${target} tell ${sender}`;
}

function dotted(bytes: Buffer, at: number): string {
  return bytes.subarray(at, at + 4).join('.');
}
