/**
 * What an ICMP error means to a TCP connection (RFC 9293 §3.9.2.2, RFC 1122 §4.2.3.9), by the code
 * that a Linux program would see.
 *
 * Hard are only those that the RFC calls so: protocol and port unreachable. (The third,
 * fragmentation needed, is a matter of the path's MTU.) The codes after 5 are soft, as RFC 1122
 * §3.2.2.1 has it for most of them; where Linux has an errno without a name among ours,
 * EHOSTUNREACH stands for it.
 */
import type { PathError } from '../../types/tcp';
import { ICMPV6_PARAMETER_PROBLEM, ICMPV6_TIME_EXCEEDED, ICMPV6_UNREACHABLE } from '../wire/icmpv6';
import {
  ICMP_PARAMETER_PROBLEM,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  type IcmpMessage,
} from './icmp-message';

const NETWORK: PathError = { code: 'ENETUNREACH', hard: false };
const HOST: PathError = { code: 'EHOSTUNREACH', hard: false };
const PROTOCOL: PathError = { code: 'ENOPROTOOPT', hard: true };
const PORT: PathError = { code: 'ECONNREFUSED', hard: true };
const PROHIBITED: PathError = { code: 'EACCES', hard: true };
const PARAMETER: PathError = { code: 'EPROTO', hard: false };
/** The path carries less than the smallest packet that we are willing to send. */
export const TOO_SMALL_A_PATH: PathError = { code: 'EMSGSIZE', hard: false };

/** By the code of a "destination unreachable". */
const UNREACHABLE: ReadonlyArray<PathError | null> = [
  NETWORK, // 0: network unreachable
  HOST, // 1: host unreachable
  PROTOCOL, // 2: protocol unreachable
  PORT, // 3: port unreachable
  null, // 4: fragmentation needed
  HOST, // 5: source route failed (Linux: EOPNOTSUPP)
  NETWORK, // 6: destination network unknown
  HOST, // 7: destination host unknown (Linux: EHOSTDOWN)
  HOST, // 8: source host isolated (Linux: ENONET)
  NETWORK, // 9: network administratively prohibited
  HOST, // 10: host administratively prohibited
  NETWORK, // 11: network unreachable for this type of service
  HOST, // 12: host unreachable for this type of service
  HOST, // 13: communication administratively prohibited (RFC 1812 §5.2.7.1)
  HOST, // 14: host precedence violation
  HOST, // 15: precedence cutoff in effect
];

/** By the code of an ICMPv6 "destination unreachable" (RFC 4443 §3.1); hard: 1, 4 (RFC 9293). */
const UNREACHABLE_V6: readonly PathError[] = [
  NETWORK, // 0: no route to destination
  PROHIBITED, // 1: administratively prohibited
  HOST, // 2: beyond scope of source address
  HOST, // 3: address unreachable
  PORT, // 4: port unreachable
  PROHIBITED, // 5: source address failed policy, a kind of 1
  PROHIBITED, // 6: reject route, a kind of 1
];

/** @returns null for what is no error of the path, or of an unknown kind */
export function pathErrorOf({ family, type, code }: IcmpMessage): PathError | null {
  return family === 4 ? errorV4(type, code) : errorV6(type, code);
}

function errorV4(type: number, code: number): PathError | null {
  if (type === ICMP_TIME_EXCEEDED) return HOST;
  if (type === ICMP_PARAMETER_PROBLEM) return PARAMETER;
  if (type !== ICMP_UNREACHABLE || code >= UNREACHABLE.length) return null;
  return UNREACHABLE[code];
}

function errorV6(type: number, code: number): PathError | null {
  if (type === ICMPV6_TIME_EXCEEDED) return HOST;
  if (type === ICMPV6_PARAMETER_PROBLEM) return PARAMETER;
  if (type !== ICMPV6_UNREACHABLE || code >= UNREACHABLE_V6.length) return null;
  return UNREACHABLE_V6[code];
}
