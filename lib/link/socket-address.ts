/**
 * Socket addresses as the kernel wants them: struct sockaddr_in (ip(7)) and sockaddr_in6 (ipv6(7)).
 */
import { IpAddress } from '../wire/ip-address';
import { AF_INET, AF_INET6 } from './libc';

export const SOCKADDR_IN_BYTES = 16;
export const SOCKADDR_IN6_BYTES = 28;

const WORDS_AT = 8;
const SCOPE_AT = 24;

/**
 * @param target has room for the longer of the two
 * @param address IPv4's in either spelling become a sockaddr_in; of link-local ones the zone's
 *   number, which stands in the second word, becomes the scope
 * @returns bytes written
 */
export function writeSocketAddress(target: Buffer, address: IpAddress, port: number): number {
  target.writeUInt16LE(address.isMapped ? AF_INET : AF_INET6, 0);
  target.writeUInt16BE(port, 2);
  if (address.isMapped) {
    target.writeInt32BE(address.w3, 4);
    return SOCKADDR_IN_BYTES;
  }
  const { isLinkLocal } = address;
  target.writeInt32BE(0, 4);
  target.writeInt32BE(address.w0, WORDS_AT);
  target.writeInt32BE(isLinkLocal ? 0 : address.w1, WORDS_AT + 4);
  target.writeInt32BE(address.w2, WORDS_AT + 8);
  target.writeInt32BE(address.w3, WORDS_AT + 12);
  target.writeInt32LE(isLinkLocal ? address.w1 : 0, SCOPE_AT);
  return SOCKADDR_IN6_BYTES;
}

/** A link-local address has the scope in its second word. */
export function readSocketAddress(source: Buffer): IpAddress {
  if (source.readUInt16LE(0) === AF_INET) return IpAddress.fromIpv4(source.readInt32BE(4));
  const word = (index: number) => source.readInt32BE(WORDS_AT + 4 * index);
  const address = IpAddress.fromWords(word(0), word(1), word(2), word(3));
  return address.isLinkLocal ? address.scoped(source.readInt32LE(SCOPE_AT), '') : address;
}

export function readSocketPort(source: Buffer): number {
  return source.readUInt16BE(2);
}
