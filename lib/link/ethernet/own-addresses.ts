/**
 * The addresses that a station has: those it was given, and with IPv6 a link-local one, which every
 * interface has (RFC 4291 §2.8), made from its hardware address (appendix A).
 */
import { IpAddress } from '../../wire/ip-address';
import type { MacAddress } from '../../wire/mac-address';
import { Cidr } from '../cidr';

const LINK_LOCAL = 0xfe800000;
const LINK_LOCAL_BITS = 64;
/** Of the first byte of a hardware address: turned round in an interface identifier. */
const LOCAL_BIT = 0x0200;

/** @param zone what link-local addresses are called behind their percent sign */
export function ownAddresses(given: readonly Cidr[], mac: MacAddress, zone: string): Cidr[] {
  const all = given.map((one) => (one.address.isLinkLocal ? inZone(one, zone) : one));
  const hasIpv6 = all.some(({ address }) => !address.isMapped);
  if (hasIpv6 && !all.some(({ address }) => address.isLinkLocal)) all.push(fromMac(mac, zone));
  return all;
}

function inZone({ address: { w0, w1, w2, w3 }, prefixBits }: Cidr, zone: string): Cidr {
  return new Cidr(IpAddress.fromIpv6(w0, w1, w2, w3, zone), prefixBits);
}

function fromMac({ high, low }: MacAddress, zone: string): Cidr {
  const w2 = ((high ^ LOCAL_BIT) << 16) | ((low >>> 16) & 0xff00) | 0xff;
  const w3 = 0xfe000000 | (low & 0x00ffffff);
  return new Cidr(IpAddress.fromIpv6(LINK_LOCAL, 0, w2, w3, zone), LINK_LOCAL_BITS);
}
