/**
 * Opens the raw sockets for IPv6 (ipv6(7), raw(7), RFC 3542): one for TCP, one for ICMPv6 errors.
 *
 * Unlike IPv4's they hand out no IP header; what must be known of it comes in control messages.
 * Headers are sent as they are, though (IPV6_HDRINCL).
 */
import { systemError } from './errno';
import * as sys from './libc';
import { raiseBuffers, setOption, withRemedy } from './raw-descriptor';

/** Types of the ICMPv6 errors that concern a connection (RFC 4443 §2.1). */
const ICMPV6_ERROR_TYPES = [1, 2, 3, 4];
/** A bit for each type that is not wanted (RFC 3542 §3.2). */
const ICMP6_FILTER_WORDS = 8;

/**
 * @returns -1 where the host has no IPv6
 * @throws NetworkError EPERM, EACCES with the remedy, EMFILE, ENOBUFS, ENOTSUP
 */
export function openRaw6Descriptor(libc: sys.Libc): number {
  const fd = openSocket(libc, sys.IPPROTO_TCP);
  if (fd < 0) return -1;
  setOption(libc, fd, sys.IPPROTO_IPV6, sys.IPV6_HDRINCL, 1, 'IPV6_HDRINCL');
  askForHeader(libc, fd);
  setOption(libc, fd, sys.IPPROTO_IPV6, sys.IPV6_RECVTCLASS, 1, 'IPV6_RECVTCLASS');
  raiseBuffers(libc, fd);
  return fd;
}

/**
 * A socket that hears of ICMPv6 errors, and of nothing else in ICMPv6.
 * @returns -1 where the host has no IPv6
 * @throws NetworkError like `openRaw6Descriptor`
 */
export function openIcmp6Descriptor(libc: sys.Libc): number {
  const fd = openSocket(libc, sys.IPPROTO_ICMPV6);
  if (fd < 0) return -1;
  const refused = new Int32Array(ICMP6_FILTER_WORDS).fill(-1);
  for (const type of ICMPV6_ERROR_TYPES) refused[type >> 5] &= ~(1 << (type & 31));
  const bytes = new Uint8Array(refused.buffer);
  const { IPPROTO_ICMPV6, ICMP6_FILTER } = sys;
  if (libc.setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, bytes, bytes.length) < 0) {
    const error = systemError(libc.errno(), 'ICMP6_FILTER');
    libc.close(fd);
    throw error;
  }
  askForHeader(libc, fd);
  return fd;
}

function askForHeader(libc: sys.Libc, fd: number): void {
  setOption(libc, fd, sys.IPPROTO_IPV6, sys.IPV6_RECVPKTINFO, 1, 'IPV6_RECVPKTINFO');
  setOption(libc, fd, sys.IPPROTO_IPV6, sys.IPV6_RECVHOPLIMIT, 1, 'IPV6_RECVHOPLIMIT');
}

function openSocket(libc: sys.Libc, protocol: number): number {
  const type = sys.SOCK_RAW | sys.SOCK_NONBLOCK | sys.SOCK_CLOEXEC;
  const fd = libc.socket(sys.AF_INET6, type, protocol);
  if (fd >= 0) return fd;
  const error = systemError(libc.errno(), 'raw socket for IPv6');
  if (error.code === 'EAFNOSUPPORT') return -1;
  throw withRemedy(error);
}
