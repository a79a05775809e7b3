/** An end of a connection, as `address()` of Node's sockets shows it. */
import type { AddressInfo } from 'node:net';
import { IpAddress } from '../wire/ip-address';

/** @param dualStack whether it is of a listener on IPv6, whose IPv4 peers bear mapped addresses */
export function addressInfo(address: IpAddress, port: number, dualStack: boolean): AddressInfo {
  const { w0, w1, w2, w3, family } = address;
  const shown = dualStack && family === 4 ? IpAddress.fromIpv6(w0, w1, w2, w3) : address;
  return { address: shown.text, family: shown.family === 4 ? 'IPv4' : 'IPv6', port };
}
