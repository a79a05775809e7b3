/** What a user may choose for a PacketLink, and how it is checked. */
import { IpAddress } from '../wire/ip-address';
import { IPV4_MAX_BYTES } from '../wire/ipv4';
import { IPV6_MIN_MTU } from '../wire/ipv6';
import { ArgumentError } from './argument-error';

/** Smallest MTU that IPv4 allows (RFC 791 §3.2), in bytes. */
const MIN_MTU = 68;

export interface PacketLinkOptions {
  /**
   * The stack's own address on this link, or several. The first of IPv4 is its source, and of IPv6
   * whichever RFC 6724 prefers. Link-local ones (fe80::1) are in a zone of the link's name.
   */
  addresses: string | string[];
  /** Largest packet that `send` is given, in bytes. 1500 unless given. */
  mtu?: number;
  /**
   * Takes a packet; the array is the user's to keep. Returning `false` says: taken, but no more
   * until `drained()` is called. What it throws becomes an uncaught exception.
   */
  send: (packet: Uint8Array) => unknown;
  /** Called when there is room again after `receive` returned false. */
  drain?: () => void;
  /** `trusted`: what carries the packets keeps them whole, so TCP checksums are not looked at. */
  checksums?: 'verify' | 'trusted';
  name?: string;
}

/**
 * @returns the addresses, read
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
export function checkPacketLinkOptions(options: PacketLinkOptions): IpAddress[] {
  if (options === null || typeof options !== 'object') {
    throw new ArgumentError('ERR_INVALID_ARG_TYPE', 'options', 'of type object', options);
  }
  const { mtu, send, drain, checksums, name } = options;
  if (typeof send !== 'function') {
    throw new ArgumentError('ERR_INVALID_ARG_TYPE', 'options.send', 'of type function', send);
  }
  if (drain !== undefined && typeof drain !== 'function') {
    throw new ArgumentError('ERR_INVALID_ARG_TYPE', 'options.drain', 'of type function', drain);
  }
  if (name !== undefined && typeof name !== 'string') {
    throw new ArgumentError('ERR_INVALID_ARG_TYPE', 'options.name', 'of type string', name);
  }
  if (checksums !== undefined && checksums !== 'verify' && checksums !== 'trusted') {
    const expected = "'verify' or 'trusted'";
    throw new ArgumentError('ERR_INVALID_ARG_VALUE', 'options.checksums', expected, checksums);
  }
  if (mtu !== undefined) checkMtu(mtu);
  const addresses = readAddresses(options.addresses);
  if (mtu !== undefined && mtu < IPV6_MIN_MTU && addresses.some((one) => !one.isMapped)) {
    const expected = `at least ${IPV6_MIN_MTU} where there is an IPv6 address (RFC 8200 §5)`;
    throw new ArgumentError('ERR_INVALID_ARG_VALUE', 'options.mtu', expected, mtu);
  }
  return addresses;
}

function checkMtu(mtu: unknown): void {
  if (typeof mtu !== 'number') {
    throw new ArgumentError('ERR_INVALID_ARG_TYPE', 'options.mtu', 'of type number', mtu);
  }
  if (!Number.isInteger(mtu) || mtu < MIN_MTU || mtu > IPV4_MAX_BYTES) {
    const expected = `an integer from ${MIN_MTU} to ${IPV4_MAX_BYTES}`;
    throw new ArgumentError('ERR_INVALID_ARG_VALUE', 'options.mtu', expected, mtu);
  }
}

function readAddresses(addresses: string | string[]): IpAddress[] {
  const list = typeof addresses === 'string' ? [addresses] : addresses;
  if (!Array.isArray(list) || list.length === 0 || !list.every((a) => typeof a === 'string')) {
    const expected = 'a string or a non-empty array of strings';
    throw new ArgumentError('ERR_INVALID_ARG_TYPE', 'options.addresses', expected, addresses);
  }
  return list.map((text) => {
    const address = IpAddress.parse(text);
    if (address !== null) return address;
    throw new ArgumentError('ERR_INVALID_ARG_VALUE', 'options.addresses', 'an IP address', text);
  });
}
