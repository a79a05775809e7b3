/**
 * Lets the kernel take no notice of whatever TCP brings to a socket of its own, listening or not:
 * no SYN-ACK, no RST. Raw sockets still get their copy.
 *
 * A filter that drops everything does it (socket(7), SO_ATTACH_FILTER). Newer kernels let only
 * CAP_NET_ADMIN put one before a TCP socket (seen on 6.18.44), and the links that need this have
 * CAP_NET_RAW. Anybody may ask for signed segments instead (TCP_MD5SIG_EXT, RFC 2385), from
 * everybody, with a key that nobody knows: then what comes unsigned, and that is everything, is
 * dropped without a word. Before that, the least number of hops is asked for that there is
 * (IP_MINTTL, RFC 5082), for the kernel may log each segment that fails for its signature.
 */
import { EPERM } from './errno';
import * as sys from './libc';

/** One struct sock_filter { u16 code; u8 jt, jf; u32 k }: BPF_RET | BPF_K, 0 bytes. */
const DROP_ALL = Buffer.from([0x06, 0x00, 0, 0, 0, 0, 0, 0]);
/** struct sock_fprog { u16 len; sock_filter *filter }; the address is written at each use. */
const PROGRAM_BYTES = 16;
const PROGRAM_FILTER = 8;
const program = Buffer.alloc(PROGRAM_BYTES);

/** struct tcp_md5sig { sockaddr_storage; u8 flags, prefixlen; u16 keylen; int; u8 key[80] }. */
const SIGNATURE_BYTES = 216;
const SIGNATURE_MAPPED = 18;
const SIGNATURE_FLAGS = 128;
const SIGNATURE_KEY_LENGTH = 130;
const SIGNATURE_KEY = 136;
/** The length of a prefix counts: of nought bits, so that it is everybody's. */
const FLAG_PREFIX = 1;
export const SECRET_BYTES = 80;
const TCP_MD5SIG_EXT = 32;

const IP_MINTTL = 21;
const IPV6_MINHOPCOUNT = 73;
const MOST_HOPS = Buffer.from([255, 0, 0, 0]);

/**
 * @param secret SECRET_BYTES that nobody else knows
 * @returns '', or the name of the call that failed, whose reason is in `errno()`
 */
export function silence(libc: sys.Libc, fd: number, isIpv6: boolean, secret: Uint8Array): string {
  program.writeUInt16LE(1, 0);
  program.writeBigUInt64LE(BigInt(libc.addressOf(DROP_ALL)), PROGRAM_FILTER);
  const { SOL_SOCKET, SO_ATTACH_FILTER } = sys;
  if (libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, PROGRAM_BYTES) === 0) return '';
  if (libc.errno() !== EPERM) return 'filter for';
  askForHops(libc, fd, isIpv6);
  const asks = askForSignature(libc, fd, secret, isIpv6, false);
  // IPv4 that comes to an IPv6 socket has a list of its own.
  return asks && (!isIpv6 || askForSignature(libc, fd, secret, true, true)) ? '' : 'signatures for';
}

/** Spares the log; should it fail, the rest is enough. */
function askForHops(libc: sys.Libc, fd: number, isIpv6: boolean): void {
  libc.setsockopt(fd, sys.IPPROTO_IP, IP_MINTTL, MOST_HOPS, MOST_HOPS.length);
  if (isIpv6) libc.setsockopt(fd, sys.IPPROTO_IPV6, IPV6_MINHOPCOUNT, MOST_HOPS, MOST_HOPS.length);
}

function askForSignature(
  libc: sys.Libc,
  fd: number,
  secret: Uint8Array,
  isIpv6: boolean,
  isMapped: boolean,
): boolean {
  const signature = Buffer.alloc(SIGNATURE_BYTES);
  signature.writeUInt16LE(isIpv6 ? sys.AF_INET6 : sys.AF_INET, 0);
  if (isMapped) signature.writeUInt16BE(0xffff, SIGNATURE_MAPPED); // ::ffff:0.0.0.0
  signature[SIGNATURE_FLAGS] = FLAG_PREFIX;
  signature.writeUInt16LE(SECRET_BYTES, SIGNATURE_KEY_LENGTH);
  signature.set(secret, SIGNATURE_KEY);
  return libc.setsockopt(fd, sys.IPPROTO_TCP, TCP_MD5SIG_EXT, signature, SIGNATURE_BYTES) === 0;
}
