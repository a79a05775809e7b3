/**
 * What `ip link`, `ip address` and `ip route` do, asked of the kernel directly (rtnetlink(7)): one
 * request, one answer, at once.
 */
import type { NetworkError } from '../support/network-error';
import type { Cidr } from './cidr';
import { systemError } from './errno';
import * as sys from './libc';

const HEADER_BYTES = 16;
const ATTRIBUTE_BYTES = 4;
const ANSWER_BYTES = 32_768;

const NLMSG_ERROR = 2;
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;

const IFF_UP = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_MASTER = 10;
const IFLA_TXQLEN = 13;
const IFLA_AF_SPEC = 26;
const IFLA_INET6_ADDR_GEN_MODE = 8;
const ADDR_GEN_MODE_NONE = 1;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
/** No duplicate address detection: on a link between two nobody else can have it. */
const IFA_F_NODAD = 2;
const RTA_DST = 1;
const RTA_OIF = 4;
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RT_SCOPE_LINK = 253;
const RTN_UNICAST = 1;
const RTN_LOCAL = 2;

/** What the kernel says of a device. */
export interface DeviceState {
  index: number;
  mtu: number;
  isUp: boolean;
}

export class Netlink {
  readonly #libc: sys.Libc;
  readonly #answer = Buffer.alloc(ANSWER_BYTES);
  #fd: number;
  #sequence = 0;

  /** Of the network namespace that the thread is in. @throws NetworkError EMFILE, ENOBUFS */
  constructor(libc: sys.Libc) {
    this.#libc = libc;
    this.#fd = libc.socket(sys.AF_NETLINK, sys.SOCK_RAW | sys.SOCK_CLOEXEC, 0);
    if (this.#fd < 0) throw systemError(libc.errno(), 'netlink socket');
  }

  /** @throws NetworkError ENODEV */
  findDevice(name: string): DeviceState {
    const body = Buffer.concat([
      Buffer.alloc(16),
      attribute(IFLA_IFNAME, Buffer.from(`${name}\0`)),
    ]);
    const answer = this.#ask(RTM_GETLINK, 0, body, `device ${name}`);
    const index = answer.readInt32LE(HEADER_BYTES + 4);
    const isUp = (answer.readUInt32LE(HEADER_BYTES + 8) & IFF_UP) !== 0;
    const mtu = attributeOf(answer, HEADER_BYTES + 16, IFLA_MTU)?.readUInt32LE() ?? 0;
    return { index, mtu, isUp };
  }

  /** @throws NetworkError EPERM, EINVAL (an MTU that the device cannot have) */
  setMtu(index: number, mtu: number): void {
    const body = Buffer.concat([linkBody(index, 0, 0), attribute(IFLA_MTU, uint32(mtu))]);
    this.#ask(RTM_NEWLINK, NLM_F_ACK, body, `MTU of ${mtu}`);
  }

  /** Most packets that wait for whoever reads the device. @throws NetworkError EPERM */
  setQueueLength(index: number, packets: number): void {
    const body = Buffer.concat([linkBody(index, 0, 0), attribute(IFLA_TXQLEN, uint32(packets))]);
    this.#ask(RTM_NEWLINK, NLM_F_ACK, body, `queue of ${packets} packets`);
  }

  /** @throws NetworkError EPERM */
  setUp(index: number): void {
    this.#ask(RTM_NEWLINK, NLM_F_ACK, linkBody(index, IFF_UP, IFF_UP), 'bringing the device up');
  }

  /** Joins the device to a bridge. @throws NetworkError EPERM, EINVAL, EBUSY (it has one) */
  setMaster(index: number, master: number): void {
    const body = Buffer.concat([linkBody(index, 0, 0), attribute(IFLA_MASTER, uint32(master))]);
    this.#ask(RTM_NEWLINK, NLM_F_ACK, body, 'joining the bridge');
  }

  /** The kernel makes no IPv6 address of its own for the device, and asks for no routers on it. */
  leaveUnaddressed(index: number): void {
    const mode = attribute(IFLA_INET6_ADDR_GEN_MODE, Buffer.of(ADDR_GEN_MODE_NONE));
    const body = [linkBody(index, 0, 0), attribute(IFLA_AF_SPEC, attribute(sys.AF_INET6, mode))];
    this.#ask(RTM_NEWLINK, NLM_F_ACK, Buffer.concat(body), 'address generation');
  }

  /** @throws NetworkError EADDRINUSE where the device has it already, EPERM, EADDRNOTAVAIL */
  addAddress(index: number, cidr: Cidr): void {
    const flags = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    this.#ask(RTM_NEWADDR, flags, addressBody(index, cidr), `address ${cidr.text}`);
  }

  deleteAddress(index: number, cidr: Cidr): void {
    this.#ask(RTM_DELADDR, NLM_F_ACK, addressBody(index, cidr), `address ${cidr.text}`);
  }

  /** @throws NetworkError EADDRINUSE where there is such a route, EPERM, ENETDOWN, EINVAL */
  addRoute(index: number, network: Cidr): void {
    const flags = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    this.#ask(RTM_NEWROUTE, flags, routeBody(index, network), `route to ${network.text}`);
  }

  deleteRoute(index: number, network: Cidr): void {
    this.#ask(RTM_DELROUTE, NLM_F_ACK, routeBody(index, network), `route to ${network.text}`);
  }

  /** Is the address the kernel's own? */
  isOwn({ address, alone }: Cidr): boolean {
    const head = Buffer.alloc(12);
    head[0] = familyOf(alone);
    head[1] = alone.prefixBits;
    const body = Buffer.concat([head, attribute(RTA_DST, alone.bytes)]);
    try {
      const answer = this.#ask(RTM_GETROUTE, 0, body, `route to ${address.text}`);
      return answer[HEADER_BYTES + 7] === RTN_LOCAL;
    } catch {
      return false; // no route at all
    }
  }

  close(): void {
    if (this.#fd >= 0) this.#libc.close(this.#fd);
    this.#fd = -1;
  }

  /** The kernel has answered before `sendto` returns. */
  #ask(type: number, flags: number, body: Buffer, what: string): Buffer {
    const libc = this.#libc;
    const request = Buffer.alloc(HEADER_BYTES + body.length);
    request.writeUInt32LE(request.length, 0);
    request.writeUInt16LE(type, 4);
    request.writeUInt16LE(NLM_F_REQUEST | flags, 6);
    request.writeUInt32LE(++this.#sequence, 8);
    body.copy(request, HEADER_BYTES);
    if (libc.sendto(this.#fd, libc.addressOf(request), request.length, 0, 0, 0) < 0) {
      throw systemError(libc.errno(), what);
    }
    const answer = this.#answer;
    const length = libc.recv(this.#fd, libc.addressOf(answer), answer.length, 0);
    if (length < HEADER_BYTES) throw systemError(libc.errno(), what);
    if (answer.readUInt16LE(4) === NLMSG_ERROR) {
      const errno = -answer.readInt32LE(HEADER_BYTES);
      if (errno !== 0) throw failure(errno, what);
    }
    return answer.subarray(0, length);
  }
}

function failure(errno: number, what: string): NetworkError {
  const error = systemError(errno, what);
  if (error.code !== 'EPERM') return error;
  return systemError(errno, `${what} needs CAP_NET_ADMIN`);
}

/** struct ifinfomsg, with the flags to change. */
function linkBody(index: number, flags: number, change: number): Buffer {
  const body = Buffer.alloc(16);
  body.writeInt32LE(index, 4);
  body.writeUInt32LE(flags, 8);
  body.writeUInt32LE(change, 12);
  return body;
}

/** struct ifaddrmsg. */
function addressBody(index: number, cidr: Cidr): Buffer {
  const head = Buffer.alloc(8);
  head[0] = familyOf(cidr);
  head[1] = cidr.prefixBits;
  head[2] = cidr.address.isMapped ? 0 : IFA_F_NODAD;
  head.writeInt32LE(index, 4);
  const { bytes } = cidr;
  return Buffer.concat([head, attribute(IFA_LOCAL, bytes), attribute(IFA_ADDRESS, bytes)]);
}

/** struct rtmsg. */
function routeBody(index: number, network: Cidr): Buffer {
  const head = Buffer.alloc(12);
  head[0] = familyOf(network);
  head[1] = network.prefixBits;
  head[4] = RT_TABLE_MAIN;
  head[5] = RTPROT_BOOT;
  head[6] = network.address.isMapped ? RT_SCOPE_LINK : 0;
  head[7] = RTN_UNICAST;
  const out = attribute(RTA_OIF, uint32(index));
  return Buffer.concat([head, attribute(RTA_DST, network.bytes), out]);
}

function familyOf(cidr: Cidr): number {
  return cidr.address.isMapped ? sys.AF_INET : sys.AF_INET6;
}

/** struct rtattr with its value, padded to a multiple of four. */
function attribute(type: number, value: Buffer): Buffer {
  const whole = Buffer.alloc(ATTRIBUTE_BYTES + ((value.length + 3) & -4));
  whole.writeUInt16LE(ATTRIBUTE_BYTES + value.length, 0);
  whole.writeUInt16LE(type, 2);
  value.copy(whole, ATTRIBUTE_BYTES);
  return whole;
}

/** @param at where the attributes of a message begin */
function attributeOf(message: Buffer, at: number, type: number): Buffer | null {
  while (at + ATTRIBUTE_BYTES <= message.length) {
    const length = message.readUInt16LE(at);
    if (length < ATTRIBUTE_BYTES) return null;
    if (message.readUInt16LE(at + 2) === type) {
      return message.subarray(at + ATTRIBUTE_BYTES, at + length);
    }
    at += (length + 3) & -4;
  }
  return null;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
