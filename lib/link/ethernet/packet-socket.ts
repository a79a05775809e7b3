/**
 * A packet socket on one interface, as a station of its own hears and speaks there (packet(7)):
 * frames to one hardware address, ARP, and IPv6 questions; nothing that the host itself sends.
 */
import { NetworkError } from '../../support/network-error';
import { ETHERTYPE_ARP } from '../../wire/ethernet';
import type { MacAddress } from '../../wire/mac-address';
import { systemError } from '../errno';
import * as sys from '../libc';

const AF_PACKET = 17;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_VNET_HDR = 15;
const PACKET_IGNORE_OUTGOING = 23;
const PACKET_MR_PROMISC = 1;
const ETH_P_ALL = 0x0003;
const ARPHRD_ETHER = 1;

/** struct sockaddr_ll { u16 family, protocol; i32 ifindex; u16 hatype; u8 pkttype, halen, [8] }. */
const SOCKADDR_LL_BYTES = 20;
const HARDWARE_TYPE_AT = 8;
/** struct packet_mreq { i32 ifindex; u16 type, alen; u8 address[8] }. */
const MEMBERSHIP_BYTES = 16;
/** struct sock_fprog { u16 len; sock_filter *filter }. */
const PROGRAM_BYTES = 16;
const PROGRAM_FILTER = 8;

/** What the kernel may hold for us, in bytes; a packet of 64 KiB weighs up to twice that. */
const KERNEL_BUFFER_BYTES = 8 * 1024 * 1024;

/** SKF_AD_OFF with SKF_AD_VLAN_TAG: the tag that the kernel has taken out of the frame. */
const VLAN_TAG = 0xfffff000 + 44;
const VLAN_MASK = 0x0fff;

/**
 * What gets in, as [code, jump if true, jump if false, constant] of <linux/filter.h>; the jumps
 * count the instructions between.
 */
function programFor({ high, low }: MacAddress): (readonly [number, number, number, number])[] {
  return [
    [0x20, 0, 0, VLAN_TAG], // ld vlan_tci
    [0x45, 14, 0, VLAN_MASK], // jset: of a VLAN, so drop
    [0x28, 0, 0, 0], // ldh [0]: the destination
    [0x15, 0, 2, high], // jeq
    [0x20, 0, 0, 2], // ld [2]
    [0x15, 9, 10, low >>> 0], // jeq: to us, so take; else drop
    [0x15, 5, 0, 0x3333], // jeq: IPv6 multicast
    [0x15, 0, 8, 0xffff], // jeq: broadcast, or drop
    [0x20, 0, 0, 2], // ld [2]
    [0x15, 0, 6, 0xffffffff], // jeq
    [0x28, 0, 0, 12], // ldh [12]
    [0x15, 3, 4, ETHERTYPE_ARP], // jeq: ARP, so take; else drop
    [0x20, 0, 0, 2], // IPv6 multicast: ld [2]
    [0x15, 1, 0, 1], // jeq: all nodes, so take
    [0x35, 0, 1, 0xff000000], // jge: whom neighbours ask for, so take; else drop
    [0x06, 0, 0, 0x40000], // take: ret, all of it
    [0x06, 0, 0, 0], // drop: ret #0
  ];
}

/**
 * In the network namespace that the thread is in.
 * @returns the descriptor
 * @throws NetworkError EPERM, EACCES with the remedy; ENODEV, EINVAL (no Ethernet), EMFILE
 */
export function openPacketSocket(
  libc: sys.Libc,
  name: string,
  index: number,
  mac: MacAddress,
): number {
  const type = sys.SOCK_RAW | sys.SOCK_NONBLOCK | sys.SOCK_CLOEXEC;
  const fd = libc.socket(AF_PACKET, type, 0);
  if (fd < 0) throw withRemedy(systemError(libc.errno(), `packet socket on ${name}`));
  try {
    prepare(libc, fd, index, mac);
    bind(libc, fd, name, index);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  return fd;
}

/** Everything that must be set before the first frame comes in. */
function prepare(libc: sys.Libc, fd: number, index: number, mac: MacAddress): void {
  attachFilter(libc, fd, mac);
  set(libc, fd, SOL_PACKET, PACKET_VNET_HDR, int32(1), 'PACKET_VNET_HDR');
  set(libc, fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, int32(1), 'PACKET_IGNORE_OUTGOING');
  for (const [forced, plain] of [
    [sys.SO_RCVBUFFORCE, sys.SO_RCVBUF],
    [sys.SO_SNDBUFFORCE, sys.SO_SNDBUF],
  ]) {
    // The forced option needs CAP_NET_ADMIN; the other is cut to the system's limit, silently.
    const bytes = int32(KERNEL_BUFFER_BYTES);
    if (libc.setsockopt(fd, sys.SOL_SOCKET, forced, bytes, 4) === 0) continue;
    libc.setsockopt(fd, sys.SOL_SOCKET, plain, bytes, 4);
  }
  // Frames to our address are for another station, as far as the card knows.
  const membership = Buffer.alloc(MEMBERSHIP_BYTES);
  membership.writeInt32LE(index, 0);
  membership.writeUInt16LE(PACKET_MR_PROMISC, 4);
  set(libc, fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership, 'promiscuous mode');
}

function attachFilter(libc: sys.Libc, fd: number, mac: MacAddress): void {
  const lines = programFor(mac);
  const filter = Buffer.alloc(lines.length * 8);
  for (const [i, [code, ifTrue, ifFalse, constant]] of lines.entries()) {
    filter.writeUInt16LE(code, i * 8);
    filter.writeUInt8(ifTrue, i * 8 + 2);
    filter.writeUInt8(ifFalse, i * 8 + 3);
    filter.writeUInt32LE(constant, i * 8 + 4);
  }
  const program = Buffer.alloc(PROGRAM_BYTES);
  program.writeUInt16LE(lines.length, 0);
  program.writeBigUInt64LE(BigInt(libc.addressOf(filter)), PROGRAM_FILTER);
  set(libc, fd, sys.SOL_SOCKET, sys.SO_ATTACH_FILTER, program, 'filter');
}

function bind(libc: sys.Libc, fd: number, name: string, index: number): void {
  const address = Buffer.alloc(SOCKADDR_LL_BYTES);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(ETH_P_ALL, 2);
  address.writeInt32LE(index, 4);
  if (libc.bind(fd, address, address.length) < 0) {
    throw systemError(libc.errno(), `packet socket on ${name}`);
  }
  libc.getsockname(fd, address, int32(SOCKADDR_LL_BYTES));
  if (address.readUInt16LE(HARDWARE_TYPE_AT) === ARPHRD_ETHER) return;
  throw new NetworkError('EINVAL', `${name} is no Ethernet interface`);
}

function set(
  libc: sys.Libc,
  fd: number,
  level: number,
  option: number,
  value: Uint8Array,
  what: string,
): void {
  if (libc.setsockopt(fd, level, option, value, value.length) === 0) return;
  throw systemError(libc.errno(), `packet socket, ${what}`);
}

function withRemedy(error: NetworkError): NetworkError {
  if (error.code !== 'EPERM' && error.code !== 'EACCES') return error;
  const remedy =
    'packet sockets need CAP_NET_RAW: run as root, or `setcap cap_net_raw+ep $(which node)`, ' +
    'or inside a user namespace (`unshare -Urn`), or carry the frames yourself';
  return new NetworkError(error.code, `${error.message}; ${remedy}`);
}

function int32(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}
