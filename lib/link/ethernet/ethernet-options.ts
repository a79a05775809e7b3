/** What a user may choose for an EthernetLink, and how it is checked. */

import { ETHERNET_HEADER_BYTES } from '../../wire/ethernet';
import { IpAddress } from '../../wire/ip-address';
import { IPV4_MAX_BYTES } from '../../wire/ipv4';
import { MacAddress } from '../../wire/mac-address';
import { type Cidr, readCidrs } from '../cidr';
import type { ClaimTerms } from './address-claim';
import { AddressPlan } from './address-plan';
import {
  type CarrierSetup,
  checkCarrier,
  type FrameCarrierOptions,
  type TapOptions,
} from './carrier-options';
import { checkNumber, wrongType, wrongValue } from './check-options';

/** One of `carrier`, `interface` and `tap` says who carries the frames. */
export interface EthernetLinkOptions {
  /** The user. */
  carrier?: FrameCarrierOptions;
  /** A packet socket on this interface of the host; needs CAP_NET_RAW. */
  interface?: string;
  /** A TAP device, or its name; a new one needs CAP_NET_ADMIN. */
  tap?: string | TapOptions;
  /** Network namespace of the interface or device: a name of `ip netns`, or a path. */
  namespace?: string;
  /** Our hardware address, as in '02:00:00:00:00:01'. A random, locally administered one, else. */
  mac?: string;
  /** Our addresses with the lengths of their prefixes: '10.1.0.2/24'. */
  addresses: string | string[];
  /** Where packets go that are for nobody within a prefix; one of each family at most. */
  gateway?: string | string[];
  /** Largest IP packet, in bytes; what the carrier can unless given, 1,500 with the user's own. */
  mtu?: number;
  /**
   * How long to look for somebody else with our addresses before they are used, at most, ms. 200
   * unless given; RFC 5227's own pace is 7,000; 0 does not look.
   */
  probeMs?: number;
  /**
   * What to do when somebody else uses an address of ours later on: the link fails with EADDRINUSE
   * at the second time within 10 s ('yield', RFC 5227 §2.4 b), or never ('defend', §2.4 c).
   */
  conflicts?: 'yield' | 'defend';
  /**
   * Hardware addresses that are known beforehand, by IP address: those neighbours are never asked
   * for, and nobody else is believed to be them.
   */
  neighbours?: Readonly<Record<string, string>>;
  name?: string;
}

/** The options, checked and with everything filled in. */
export interface EthernetSetup {
  carrier: CarrierSetup;
  mac: MacAddress | null;
  addresses: Cidr[];
  gateways: IpAddress[];
  mtu: number | null;
  terms: ClaimTerms;
  neighbours: ReadonlyArray<readonly [IpAddress, MacAddress]>;
  name: string;
}

const DEFAULT_PROBE_MS = 200;
const MAX_PROBE_MS = 60_000;
/** Smallest MTU that IPv4 allows (RFC 791 §3.2), in bytes. */
const MIN_MTU = 68;
const MAX_MTU = IPV4_MAX_BYTES - ETHERNET_HEADER_BYTES;

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
export function checkEthernetOptions(options: EthernetLinkOptions): EthernetSetup {
  if (options === null || typeof options !== 'object') wrongType('options', 'object', options);
  const { mtu, conflicts, probeMs = DEFAULT_PROBE_MS, name = 'ethernet' } = options;
  const carrier = checkCarrier(options);
  if (typeof name !== 'string') wrongType('options.name', 'string', name);
  if (mtu !== undefined) checkNumber('options.mtu', mtu, MIN_MTU, MAX_MTU);
  checkNumber('options.probeMs', probeMs, 0, MAX_PROBE_MS);
  if (conflicts !== undefined && conflicts !== 'yield' && conflicts !== 'defend') {
    wrongValue('options.conflicts', "'yield' or 'defend'", conflicts);
  }
  const addresses = readAddresses(options.addresses);
  const gateways = readGateways(options.gateway, new AddressPlan(addresses, []));
  const terms = { probeMs, yields: conflicts !== 'defend' };
  const mac = options.mac === undefined ? null : readMac('options.mac', options.mac);
  const neighbours = readNeighbours(options.neighbours ?? {});
  return { carrier, mac, addresses, gateways, mtu: mtu ?? null, terms, neighbours, name };
}

function readMac(option: string, mac: string): MacAddress {
  if (typeof mac !== 'string') wrongType(option, 'string', mac);
  const address = MacAddress.parse(mac);
  if (address?.isStation) return address;
  return wrongValue(option, "one station's address, as in '02:00:00:00:00:01'", mac);
}

function readNeighbours(given: Readonly<Record<string, string>>): [IpAddress, MacAddress][] {
  const name = 'options.neighbours';
  if (given === null || typeof given !== 'object') wrongType(name, 'object', given);
  return Object.entries(given).map(([text, mac]) => {
    const address = IpAddress.parse(text) ?? wrongValue(name, 'keyed by IP addresses', text);
    return [address, readMac(`${name}['${text}']`, mac)];
  });
}

function readAddresses(value: string | string[]): Cidr[] {
  const cidrs = readCidrs('options.addresses', value);
  if (cidrs.length === 0) wrongValue('options.addresses', 'at least one address', value);
  const plan = new AddressPlan(cidrs, []);
  for (const { address, text } of cidrs) {
    const isHost = plan.nextHop(address) !== null && !address.isUnspecified;
    if (isHost && !address.isLoopback && !address.isMulticast) continue;
    wrongValue('options.addresses', "a host's addresses, as in '10.9.0.2/24'", text);
  }
  return cidrs;
}

function readGateways(value: string | string[] | undefined, plan: AddressPlan): IpAddress[] {
  const list = typeof value === 'string' ? [value] : (value ?? []);
  if (!Array.isArray(list)) wrongType('options.gateway', 'string', value);
  const gateways = list.map((text) => {
    const address = typeof text === 'string' ? IpAddress.parse(text) : null;
    if (address === null) return wrongValue('options.gateway', 'an IP address', text);
    const { w0, w1, w2, w3 } = address;
    if (address.isLinkLocal || plan.isOnLink(w0, w1, w2, w3)) return address;
    return wrongValue('options.gateway', 'within a prefix of options.addresses', text);
  });
  if (new Set(gateways.map(({ isMapped }) => isMapped)).size < gateways.length) {
    wrongValue('options.gateway', 'one address of each family at most', value);
  }
  return gateways;
}
