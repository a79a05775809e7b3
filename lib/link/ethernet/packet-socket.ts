/**
 * A packet socket on one interface, as a station of its own hears and speaks there (packet(7)):
 * frames to one hardware address, ARP, and IPv6 questions; nothing that the host itself sends.
 */
import { NetworkError } from '../../support/network-error';
import { ETHERTYPE_ARP } from '../../wire/ethernet';
import type { MacAddress } from '../../wire/mac-address';
import { BpfProgram, DROP, JEQ, JGE, JSET, KEEP, LD_ABS, LDH_ABS, RET } from '../bpf-program';
import { systemError } from '../errno';
import * as sys from '../libc';
import { resizeBuffers } from '../raw-descriptor';

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

/** What the kernel may hold for us, in bytes; a packet of 64 KiB weighs up to twice that. */
const KERNEL_BUFFER_BYTES = 8 * 1024 * 1024;

/** SKF_AD_OFF with SKF_AD_VLAN_TAG: the tag that the kernel has taken out of the frame. */
const VLAN_TAG = 0xfffff000 + 44;
const VLAN_MASK = 0x0fff;

/** What gets in. The jumps count the instructions between: where it holds, where it fails. */
function programFor({ high, low }: MacAddress): BpfProgram {
  const program = new BpfProgram();
  program.add(LD_ABS, VLAN_TAG);
  program.add(JSET, VLAN_MASK, 14, 0); // of a VLAN, so drop
  program.add(LDH_ABS, 0); // the destination
  program.add(JEQ, high, 0, 2);
  program.add(LD_ABS, 2);
  program.add(JEQ, low, 9, 10); // to us, so take; else drop
  program.add(JEQ, 0x3333, 5, 0); // IPv6 multicast
  program.add(JEQ, 0xffff, 0, 8); // broadcast, or drop
  program.add(LD_ABS, 2);
  program.add(JEQ, 0xffffffff, 0, 6);
  program.add(LDH_ABS, 12);
  program.add(JEQ, ETHERTYPE_ARP, 3, 4); // so take; else drop
  program.add(LD_ABS, 2); // IPv6 multicast
  program.add(JEQ, 1, 1, 0); // all nodes, so take
  program.add(JGE, 0xff000000, 0, 1); // whom neighbours ask for, so take; else drop
  program.add(RET, KEEP);
  program.add(RET, DROP);
  return program;
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
  programFor(mac).attach(libc, fd);
  set(libc, fd, SOL_PACKET, PACKET_VNET_HDR, int32(1), 'PACKET_VNET_HDR');
  set(libc, fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, int32(1), 'PACKET_IGNORE_OUTGOING');
  resizeBuffers(libc, fd, KERNEL_BUFFER_BYTES, KERNEL_BUFFER_BYTES);
  // Frames to our address are for another station, as far as the card knows.
  const membership = Buffer.alloc(MEMBERSHIP_BYTES);
  membership.writeInt32LE(index, 0);
  membership.writeUInt16LE(PACKET_MR_PROMISC, 4);
  set(libc, fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership, 'promiscuous mode');
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
