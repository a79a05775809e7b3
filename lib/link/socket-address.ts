/** IPv4 socket addresses as the kernel wants them: struct sockaddr_in (ip(7)). */
import { IpAddress } from '../wire/ip-address';
import { AF_INET } from './libc';

export const SOCKADDR_IN_BYTES = 16;

/** @param address of either spelling; only its last word counts */
export function writeSocketAddress(target: Buffer, address: IpAddress, port: number): void {
  target.writeUInt16LE(AF_INET, 0);
  target.writeUInt16BE(port, 2);
  target.writeInt32BE(address.w3, 4);
}

export function readSocketAddress(source: Buffer): IpAddress {
  return IpAddress.fromIpv4(source.readInt32BE(4));
}

export function readSocketPort(source: Buffer): number {
  return source.readUInt16BE(2);
}
