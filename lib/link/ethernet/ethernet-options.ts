/** What a user may choose for an EthernetLink, and how it is checked. */

import { ETHERNET_HEADER_BYTES } from '../../wire/ethernet';
import { IpAddress } from '../../wire/ip-address';
import { IPV4_MAX_BYTES } from '../../wire/ipv4';
import { MacAddress } from '../../wire/mac-address';
import { ArgumentError } from '../argument-error';
import { type Cidr, readCidrs } from '../cidr';
import type { ClaimTerms } from './address-claim';
import { AddressPlan } from './address-plan';

/** Frames carried by the user. */
export interface FrameCarrierOptions {
  /**
   * Takes a frame, from its destination address to the end of its payload, at least 60 bytes; the
   * array is the user's to keep. Returning `false` says: taken, but no more until the link's
   * `drained()` is called. What it throws becomes an uncaught exception.
   */
  send: (frame: Uint8Array) => unknown;
  /** Called once, when the link is made: what it is given takes frames, as `link.receive` does. */
  receive?: (deliver: (frame: Uint8Array) => boolean) => void;
  /** Called when there is room again after `receive` returned false. */
  drain?: () => void;
}

export interface EthernetLinkOptions {
  /** Who carries the frames: the user … */
  carrier: FrameCarrierOptions;
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
  name?: string;
}

/** The options, checked and with everything filled in. */
export interface EthernetSetup {
  carrier: FrameCarrierOptions;
  mac: MacAddress | null;
  addresses: Cidr[];
  gateways: IpAddress[];
  mtu: number | null;
  terms: ClaimTerms;
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
  const { carrier, mtu, conflicts, probeMs = DEFAULT_PROBE_MS, name = 'ethernet' } = options;
  checkCarrier(carrier);
  if (typeof name !== 'string') wrongType('options.name', 'string', name);
  if (mtu !== undefined) checkNumber('options.mtu', mtu, MIN_MTU, MAX_MTU);
  checkNumber('options.probeMs', probeMs, 0, MAX_PROBE_MS);
  if (conflicts !== undefined && conflicts !== 'yield' && conflicts !== 'defend') {
    wrongValue('options.conflicts', "'yield' or 'defend'", conflicts);
  }
  const addresses = readAddresses(options.addresses);
  const gateways = readGateways(options.gateway, new AddressPlan(addresses, []));
  const terms = { probeMs, yields: conflicts !== 'defend' };
  const mac = readMac(options.mac);
  return { carrier, mac, addresses, gateways, mtu: mtu ?? null, terms, name };
}

function checkCarrier(carrier: FrameCarrierOptions): void {
  if (carrier === null || typeof carrier !== 'object') {
    wrongType('options.carrier', 'object', carrier);
  }
  const { send, receive, drain } = carrier;
  if (typeof send !== 'function') wrongType('options.carrier.send', 'function', send);
  if (receive !== undefined && typeof receive !== 'function') {
    wrongType('options.carrier.receive', 'function', receive);
  }
  if (drain !== undefined && typeof drain !== 'function') {
    wrongType('options.carrier.drain', 'function', drain);
  }
}

function readMac(mac: string | undefined): MacAddress | null {
  if (mac === undefined) return null;
  if (typeof mac !== 'string') wrongType('options.mac', 'string', mac);
  const address = MacAddress.parse(mac);
  if (address?.isStation) return address;
  return wrongValue('options.mac', "one station's address, as in '02:00:00:00:00:01'", mac);
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

function checkNumber(name: string, value: unknown, least: number, most: number): void {
  if (typeof value !== 'number') wrongType(name, 'number', value);
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  wrongValue(name, `an integer from ${least} to ${most}`, value);
}

function wrongType(name: string, type: string, value: unknown): never {
  throw new ArgumentError('ERR_INVALID_ARG_TYPE', name, `of type ${type}`, value);
}

function wrongValue(name: string, expected: string, value: unknown): never {
  throw new ArgumentError('ERR_INVALID_ARG_VALUE', name, expected, value);
}
