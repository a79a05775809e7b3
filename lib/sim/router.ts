/**
 * A router of a simulated network: hands each packet on towards its destination (RFC 1812).
 *
 * It counts down the time to live, and answers with ICMP what it cannot hand on: time exceeded,
 * fragmentation needed or packet too big, host unreachable. A packet that may be cut it cuts.
 */
import { packetMemory } from '../support/memory';
import type { IpAddress } from '../wire/ip-address';
import { fragmentIpv4 } from './fragmenter';
import { writeRouterError } from './router-error';
import { WireEnd } from './wire-end';

/** Why a packet was not handed on, and what its sender is told. */
export type RouterFault = 'expired' | 'tooBig' | 'unreachable';

/** What a router has done with packets. */
export class RouterCounters {
  forwarded = 0;
  fragmented = 0;
  /** Time to live was used up. */
  expired = 0;
  /** Larger than the next link, and not to be cut. */
  tooBig = 0;
  /** No way to the destination is known. */
  unreachable = 0;
  /** No IP packet at all. */
  malformed = 0;
}

/** Largest packet that the router itself sends. */
const SCRATCH_BYTES = 2048;

export class Router {
  readonly name: string;
  readonly addresses: readonly IpAddress[];
  readonly counters = new RouterCounters();
  readonly ports: RouterPort[] = [];
  /** Does it send ICMP errors? A black hole does not (RFC 2923 §2.1). */
  speaks = true;
  readonly #routes = new Map<string | number, RouterPort>();
  #isOpen = true;

  constructor(name: string, addresses: readonly IpAddress[]) {
    this.name = name;
    this.addresses = addresses;
  }

  /** Packets for `destination` leave by `port` from now on. */
  route(destination: IpAddress, port: RouterPort): void {
    this.#routes.set(keyOf(destination), port);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  close(): void {
    this.#isOpen = false;
    for (const port of this.ports) port.incoming.clear();
  }

  /** A packet has arrived; its bytes are the router's during the call. */
  forward(offset: number, length: number): void {
    const version = length < 20 ? 0 : packetMemory.view.getUint8(offset) >>> 4;
    if (version !== 4 && (version !== 6 || length < 40)) {
      this.counters.malformed++;
      return;
    }
    const port = this.#routes.get(destinationKey(offset, version === 6));
    if (port === undefined) this.#refuse('unreachable', offset, length, 0);
    else if (!countDown(offset, version === 6)) this.#refuse('expired', offset, length, 0);
    else if (length <= port.mtu) this.#send(port, offset, length);
    else if (version === 4 && mayFragment(offset)) this.#fragment(port, offset, length);
    else this.#refuse('tooBig', offset, length, port.mtu);
  }

  #send(port: RouterPort, offset: number, length: number): void {
    this.counters.forwarded++;
    port.outgoing.send(offset, length);
  }

  #fragment(port: RouterPort, offset: number, length: number): void {
    this.counters.fragmented++;
    const scratch = packetMemory.allocate(port.mtu);
    fragmentIpv4(offset, length, scratch, port.mtu, (bytes) => this.#send(port, scratch, bytes));
    packetMemory.release(scratch, port.mtu);
  }

  #refuse(fault: RouterFault, offset: number, length: number, mtu: number): void {
    this.counters[fault]++;
    if (!this.speaks) return;
    const scratch = packetMemory.allocate(SCRATCH_BYTES);
    const written = writeRouterError(scratch, fault, mtu, offset, length, this.addresses);
    if (written > 0) {
      const isIpv6 = packetMemory.view.getUint8(scratch) >>> 4 === 6;
      const back = this.#routes.get(destinationKey(scratch, isIpv6));
      if (back !== undefined) back.outgoing.send(scratch, written);
    }
    packetMemory.release(scratch, SCRATCH_BYTES);
  }
}

/** A router's end of a wire. */
export class RouterPort extends WireEnd {
  readonly name: string;
  readonly mtu: number;
  readonly router: Router;

  constructor(router: Router, name: string, mtu: number) {
    super();
    this.router = router;
    this.name = name;
    this.mtu = mtu;
    router.ports.push(this);
  }

  get listening(): boolean {
    return this.router.isOpen;
  }

  handlePacket(offset: number, length: number): void {
    this.router.forward(offset, length);
  }

  handleBatchEnd(): void {}
}

function keyOf(address: IpAddress): string | number {
  if (address.isMapped) return address.w3;
  return `${address.w0} ${address.w1} ${address.w2} ${address.w3}`;
}

function destinationKey(offset: number, isIpv6: boolean): string | number {
  const view = packetMemory.view;
  if (!isIpv6) return view.getInt32(offset + 16);
  const at = offset + 24;
  const [w0, w1] = [view.getInt32(at), view.getInt32(at + 4)];
  return `${w0} ${w1} ${view.getInt32(at + 8)} ${view.getInt32(at + 12)}`;
}

/** Takes one from the time to live (RFC 1812 §5.3.1). @returns false: none is left */
function countDown(offset: number, isIpv6: boolean): boolean {
  const { bytes, view } = packetMemory;
  const place = offset + (isIpv6 ? 7 : 8);
  if (bytes[place] <= 1) return false;
  bytes[place]--;
  if (isIpv6) return true;
  // RFC 1624 equation 3: the word has lost 0x100, so the checksum gains it.
  const sum = view.getUint16(offset + 10) + 0x100;
  view.setUint16(offset + 10, (sum & 0xffff) + (sum >>> 16));
  return true;
}

function mayFragment(offset: number): boolean {
  return (packetMemory.view.getUint8(offset + 6) & 0x40) === 0;
}
