/** Every link, ready to be tested alike: two ends, and packets that may travel between them. */
import { readdirSync, readlinkSync } from 'node:fs';
import { EthernetLink } from '../../lib/link/ethernet/ethernet-link';
import { LoopbackLink } from '../../lib/link/loopback-link';
import { PacketLink } from '../../lib/link/packet-link';
import { RawLink } from '../../lib/link/raw-link';
import { RawSocketLink } from '../../lib/link/raw-socket-link';
import { packetMemory } from '../../lib/support/memory';
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_MAYBE_PARTIAL,
  CHECKSUM_VERIFIED,
  type ChecksumNote,
} from '../../lib/wire/checksum-note';
import { IpAddress } from '../../lib/wire/ip-address';
import type { Link } from '../../types/link';
import { fillPattern } from '../support/pattern';
import { RecordingHost } from './recording-host';

export interface Ends {
  readonly near: Link;
  /** Where packets sent on `near` arrive; the same link where it talks to itself. */
  readonly far: Link;
  readonly nearHost: RecordingHost;
  readonly farHost: RecordingHost;
  /** A port at the far end, claimed where claims are needed. */
  readonly port: number;
}

export interface LinkCase {
  readonly name: string;
  /** True, or why it cannot run here. */
  readonly available: true | string;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** Smallest packet that arrives: where ports are looked at, they must be there. */
  readonly minBytes: number;
  readonly note: ChecksumNote;
  /** Does a burst without a pause for breath fill it? Elsewhere a kernel takes the packets away. */
  readonly fills: boolean;
  /** Does it hold something that keeps a process alive? */
  readonly holdsProcess: boolean;
  make(): { near: Link; far: Link };
}

const LOCAL = address('127.0.0.1');
const OTHER = address('127.0.0.2');

export const LINK_CASES: readonly LinkCase[] = [
  {
    name: 'loopback',
    available: true,
    source: LOCAL,
    destination: OTHER,
    minBytes: 20,
    note: CHECKSUM_VERIFIED,
    fills: true,
    holdsProcess: false,
    make: () => alone(new LoopbackLink()),
  },
  {
    name: 'packet',
    available: true,
    source: address('10.0.0.1'),
    destination: address('10.0.0.2'),
    minBytes: 20,
    note: CHECKSUM_COMPLETE,
    fills: true,
    holdsProcess: false,
    make: joined,
  },
  {
    name: 'ethernet',
    available: true,
    source: address('10.0.0.1'),
    destination: address('10.0.0.2'),
    minBytes: 20,
    note: CHECKSUM_COMPLETE,
    fills: true,
    holdsProcess: false,
    make: onEthernet,
  },
  hostCase('raw', RawLink.available(), () => new RawLink()),
  hostCase('raw-socket', RawSocketLink.available(), () => new RawSocketLink()),
];

export function address(text: string): IpAddress {
  return IpAddress.parse(text)!;
}

export function openEnds(kind: LinkCase): Ends {
  const { near, far } = kind.make();
  const nearHost = new RecordingHost();
  const farHost = near === far ? nearHost : new RecordingHost();
  near.open(nearHost);
  if (far !== near) far.open(farHost);
  const port = far.claimPort?.(kind.destination, 0).port ?? 4000;
  return { near, far, nearHost, farHost, port };
}

export function closeEnds(ends: Ends): void {
  ends.near.close();
  ends.far.close();
}

/** A packet that no other index has, whole and with a right header checksum. */
export function packetOf(kind: LinkCase, port: number, index: number, length: number): Buffer {
  const packet = Buffer.alloc(length);
  packet.writeUInt16BE(0x4500, 0);
  packet.writeUInt16BE(length, 2);
  packet.writeUInt16BE((index % 0xffff) + 1, 4); // the kernel would replace a zero
  packet.writeUInt16BE(0x4006, 8);
  packet.writeInt32BE(kind.source.w3, 12);
  packet.writeInt32BE(kind.destination.w3, 16);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += packet.readUInt16BE(at);
  packet.writeUInt16BE(0xffff - ((sum & 0xffff) + (sum >>> 16)), 10);
  fillPattern(packet.subarray(20), 0, index);
  if (length >= 24) packet.writeUInt16BE(port, 22);
  return packet;
}

/** @returns whether the link had room */
export function offer(link: Link, packet: Uint8Array): boolean {
  const offset = link.reserve(packet.length);
  if (offset < 0) return false;
  packetMemory.bytes.set(packet, offset);
  link.commit(packet.length);
  return true;
}

/** Offers each packet as soon as there is room for it, and flushes whenever there is none. */
export async function offerAll(ends: Ends, packets: readonly Uint8Array[]): Promise<void> {
  for (const packet of packets) {
    while (!offer(ends.near, packet)) {
      const before = ends.nearHost.writables;
      ends.near.flush();
      await ends.nearHost.until('there is room', () => ends.nearHost.writables > before);
    }
  }
  ends.near.flush();
}

/** Sockets that are open: files come and go with whatever loads a module. */
export function openDescriptors(): number {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // the descriptor of the folder itself
    }
  });
  return links.filter((one) => one.startsWith('socket:')).length;
}

function hostCase(name: string, available: true | string, open: () => Link): LinkCase {
  return {
    name,
    available,
    source: LOCAL,
    destination: OTHER,
    minBytes: 24,
    note: CHECKSUM_MAYBE_PARTIAL,
    fills: false,
    holdsProcess: true,
    make: () => alone(open()),
  };
}

function alone(link: Link): { near: Link; far: Link } {
  return { near: link, far: link };
}

function joined(): { near: Link; far: Link } {
  const near: PacketLink = new PacketLink({
    addresses: '10.0.0.1',
    mtu: 65_535,
    send: (packet) => far.receive(packet),
    drain: () => far.drained(),
  });
  const far: PacketLink = new PacketLink({
    addresses: '10.0.0.2',
    mtu: 65_535,
    send: (packet) => near.receive(packet),
    drain: () => near.drained(),
  });
  return { near, far };
}

/** Two stations that know each other. */
function onEthernet(): { near: Link; far: Link } {
  const macs = ['02:00:00:00:00:01', '02:00:00:00:00:02'];
  const make = (self: 0 | 1, other: () => EthernetLink): EthernetLink =>
    new EthernetLink({
      addresses: `10.0.0.${self + 1}/24`,
      mac: macs[self],
      neighbours: { [`10.0.0.${2 - self}`]: macs[1 - self] },
      probeMs: 0,
      mtu: 65_521,
      carrier: { send: (frame) => other().receive(frame), drain: () => other().drained() },
    });
  const near: EthernetLink = make(0, () => far);
  const far: EthernetLink = make(1, () => near);
  return { near, far };
}
