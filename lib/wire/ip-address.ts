/**
 * An IP address as four 32-bit words; IPv4 stands in the last, behind the prefix ::ffff:0:0
 * (RFC 4291 §2.5.5.2), so that both families compare and hash alike.
 */
import { isIPv4, isIPv6, SocketAddress } from 'node:net';
