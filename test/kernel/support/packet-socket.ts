/**
 * Hears what passes a network device, from the IP header on (packet(7), SOCK_DGRAM): what comes from or
 * goes to one address, so that what other tests do meanwhile fills no queue here.
 *
 * The kernel queues the packets and `read` takes them out, without an event: on lo and veth a packet
 * is in the queue before its sender's system call returns. What does not fit is missed, and counted.
 */
import { readFileSync } from 'node:fs';
import * as bpf from '../../../lib/link/bpf-program';
import { type Libc, loadLibc } from '../../../lib/link/libc';
import { withinNamespace } from '../../../lib/link/network-namespace';
import { IpAddress } from '../../../lib/wire/ip-address';

const AF_PACKET = 17;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0o4000 | 0o2000000;
const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const ETH_P_ALL = 0x0003;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263;
const PACKET_STATISTICS = 6;
const MSG_TRUNC = 0x20;
const EAGAIN = 11;
const SOCKADDR_LL_BYTES = 20;
/** A packet that is longer than its header can say, too (lib/link/oversize). */
const LONGEST_BYTES = 256 * 1024;

/** SKF_AD_OFF with SKF_AD_RANDOM: a number that nobody foresees. */
const RANDOM = 0xfffff000 + 56;
const TCP = 6;

export interface PacketChoice {
  /** Only TCP segments that have one of these flags; absent: every packet. */
  flags?: number;
  /** Only one of so many, a power of two, whichever chance takes. */
  oneIn?: number;
  /** What the kernel may queue, with its own overhead. */
  queueBytes: number;
  /** Where the device is; absent: here. */
  namespace?: string;
}

export class PacketSocket {
  readonly #libc: Libc = loadLibc();
  readonly #buffer = Buffer.alloc(LONGEST_BYTES);
  #fd: number;
  #missed = 0;

  /**
   * @param device where to listen; on lo each packet is heard once, elsewhere both directions are;
   *   '': on all devices of the namespace
   */
  constructor(address: string, device: string, choice: PacketChoice) {
    const libc = this.#libc;
    this.#fd = withinNamespace(libc, choice.namespace ?? '', () =>
      libc.socket(AF_PACKET, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0),
    );
    if (this.#fd < 0) throw new Error(`packet socket: errno ${libc.errno()}`);
    programFor(IpAddress.parse(address)!, choice).attach(libc, this.#fd);
    const queue = Buffer.alloc(4);
    queue.writeInt32LE(choice.queueBytes / 2); // the kernel doubles it
    // Without CAP_NET_ADMIN the queue stays short; `countMissed` says when it was too short.
    libc.setsockopt(this.#fd, SOL_SOCKET, SO_RCVBUFFORCE, queue, queue.length);
    this.#bind(device, address.includes(':') ? ETH_P_IPV6 : ETH_P_IP);
  }

  /** Hands over what has been heard since; the bytes are valid during the call. */
  read(handle: (packet: Buffer) => void): void {
    const at = this.#libc.addressOf(this.#buffer);
    for (;;) {
      const length = this.#libc.recv(this.#fd, at, LONGEST_BYTES, MSG_TRUNC);
      if (length < 0) break;
      handle(this.#buffer.subarray(0, length));
    }
    const errno = this.#libc.errno();
    if (errno !== EAGAIN) throw new Error(`packet socket: errno ${errno}`);
  }

  /** Packets that found the queue full. */
  countMissed(): number {
    const statistics = Buffer.alloc(8);
    const length = Buffer.from([8, 0, 0, 0]);
    const libc = this.#libc;
    if (libc.getsockopt(this.#fd, SOL_PACKET, PACKET_STATISTICS, statistics, length) < 0) {
      throw new Error(`PACKET_STATISTICS: errno ${libc.errno()}`);
    }
    this.#missed += statistics.readUInt32LE(4); // asking sets it back
    return this.#missed;
  }

  close(): void {
    if (this.#fd >= 0) this.#libc.close(this.#fd);
    this.#fd = -1;
  }

  /** Sockets for one protocol hear incoming packets only; on lo that is each packet once. */
  #bind(device: string, incoming: number): void {
    const address = Buffer.alloc(SOCKADDR_LL_BYTES);
    address.writeUInt16LE(AF_PACKET, 0);
    address.writeUInt16BE(device === 'lo' ? incoming : ETH_P_ALL, 2);
    const index = device === '' ? 0 : readFileSync(`/sys/class/net/${device}/ifindex`, 'utf8');
    address.writeInt32LE(Number(index), 4);
    if (this.#libc.bind(this.#fd, address, SOCKADDR_LL_BYTES) === 0) return;
    throw new Error(`packet socket on ${device}: errno ${this.#libc.errno()}`);
  }
}

/** Offsets count from the IP header; IPv6 packets have no extensions where flags are looked at. */
function programFor(address: IpAddress, choice: PacketChoice): bpf.BpfProgram {
  const { family, w0, w1, w2, w3 } = address;
  const isIpv6 = family === 6;
  const program = new bpf.BpfProgram();
  const words = isIpv6 ? [w0, w1, w2, w3] : [w3];
  const [version, next, source, destination] = isIpv6 ? [0x60, 6, 8, 24] : [0x40, 9, 12, 16];
  const drops: number[] = [];
  const need = (load: number, from: number, test: number, value: number): void => {
    program.add(load, from);
    drops.push(program.add(test, value));
  };
  program.add(bpf.LDB_ABS, 0);
  program.add(bpf.AND, 0xf0);
  drops.push(program.add(bpf.JEQ, version));
  const { flags, oneIn = 1 } = choice;
  if (flags !== undefined) need(bpf.LDB_ABS, next, bpf.JEQ, TCP);
  const others: number[] = [];
  for (const [i, word] of words.entries()) {
    program.add(bpf.LD_ABS, source + 4 * i);
    others.push(program.add(bpf.JEQ, word));
  }
  const known = program.add(bpf.JA);
  for (const place of others) program.failTo(place, program.size);
  for (const [i, word] of words.entries()) need(bpf.LD_ABS, destination + 4 * i, bpf.JEQ, word);
  program.jumpTo(known, program.size);
  if (flags !== undefined) addFlags(program, isIpv6, flags, drops);
  if (oneIn > 1) {
    program.add(bpf.LD_ABS, RANDOM);
    program.add(bpf.AND, oneIn - 1);
    drops.push(program.add(bpf.JEQ, 0));
  }
  program.add(bpf.RET, bpf.KEEP);
  for (const place of drops) program.failTo(place, program.size);
  program.add(bpf.RET, bpf.DROP);
  return program;
}

function addFlags(program: bpf.BpfProgram, isIpv6: boolean, flags: number, drops: number[]): void {
  if (isIpv6) program.add(bpf.LDB_ABS, 53);
  else {
    program.add(bpf.LDH_ABS, 6);
    program.add(bpf.AND, 0x1fff);
    drops.push(program.add(bpf.JEQ, 0)); // the first fragment has the header
    program.add(bpf.LDX_MSH, 0);
    program.add(bpf.LDB_IND, 13);
  }
  drops.push(program.add(bpf.JSET, flags));
}
