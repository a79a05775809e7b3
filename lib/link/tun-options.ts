/** What a user may choose for a TUN link, and how it is checked. */
import { ArgumentError } from './argument-error';
import { type Cidr, readCidrs } from './cidr';
import { DEVICE_NAME_BYTES } from './tun-device';

/** Smallest MTU that IPv4 allows (RFC 791 §3.2), and the largest that a TUN device takes, bytes. */
const MIN_MTU = 68;
const MAX_MTU = 65_535;
/** The kernel's limit (MAX_TAP_QUEUES). */
const MAX_QUEUES = 256;
const DEFAULT_NAME = 'usernet%d';

export interface TunLinkOptions {
  /**
   * The stack's own address, or several, with the prefix of the network they are in:
   * '10.9.0.2/24'. The first of a family is its source.
   */
  addresses: string | string[];
  /**
   * What the host's kernel is called at its end of the device: '10.9.0.1/24'. Unless given, a new
   * device gets the first other address of each network of `addresses`, and one that was there
   * keeps what it has.
   */
  hostAddresses?: string | string[];
  /** Networks behind the stack: the host sends what is for them to the device. */
  routes?: string | string[];
  /** Of the device; a `%d` becomes the first free number. 'usernet%d' unless given. */
  name?: string;
  /** The device must be there already (`ip tuntap add`). Its MTU is kept unless given. */
  existing?: boolean;
  /** Largest packet on the device, in bytes: 68 to 65,535. 1500 unless given. */
  mtu?: number;
  /**
   * Partial checksums, and TCP segments of up to 64 KiB both ways: of up to 192 KiB to IPv4
   * addresses of the host's at the device, since Linux 6.3. True unless given. Without, the
   * device carries finished packets of `mtu` bytes: for those who hand them on elsewhere.
   */
  offload?: boolean;
  /** Queues of the device that this link serves, 1 to 256. One unless given. */
  queues?: number;
  /** May other links, of worker threads or processes, open more queues of the device? */
  shared?: boolean;
  /** Does the device stay, with its addresses, when the link is closed? */
  persist?: boolean;
  /** Network namespace in which to open the device: a name of `ip netns`, or a path. */
  namespace?: string;
}

/** The same, read and complete. */
export interface TunSettings {
  addresses: readonly Cidr[];
  hostAddresses: readonly Cidr[];
  routes: readonly Cidr[];
  name: string;
  existing: boolean;
  /** 0: the device's own. */
  mtu: number;
  offload: boolean;
  queues: number;
  shared: boolean;
  persist: boolean;
  namespace: string;
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
export function readTunOptions(options: TunLinkOptions): TunSettings {
  if (options === null || typeof options !== 'object') {
    throw new ArgumentError('ERR_INVALID_ARG_TYPE', 'options', 'of type object', options);
  }
  const { name = DEFAULT_NAME, existing = false, mtu, queues = 1, namespace = '' } = options;
  checkType('name', name, 'string');
  checkType('namespace', namespace, 'string');
  for (const flag of ['existing', 'offload', 'shared', 'persist'] as const) {
    if (options[flag] !== undefined) checkType(flag, options[flag], 'boolean');
  }
  checkName(name, existing);
  if (mtu !== undefined) checkInteger('mtu', mtu, MIN_MTU, MAX_MTU);
  checkInteger('queues', queues, 1, MAX_QUEUES);
  const addresses = readCidrs('options.addresses', options.addresses);
  if (addresses.length === 0) {
    const expected = 'at least one address';
    throw new ArgumentError('ERR_INVALID_ARG_VALUE', 'options.addresses', expected, '[]');
  }
  const asked = options.hostAddresses;
  return {
    addresses,
    hostAddresses:
      asked === undefined
        ? neighboursOf(existing ? [] : addresses)
        : readCidrs('options.hostAddresses', asked),
    routes: readCidrs('options.routes', options.routes ?? []),
    name,
    existing,
    mtu: mtu ?? (existing ? 0 : 1500),
    offload: options.offload ?? true,
    queues,
    shared: options.shared ?? false,
    persist: options.persist ?? false,
    namespace,
  };
}

function neighboursOf(addresses: readonly Cidr[]): Cidr[] {
  const found: Cidr[] = [];
  for (const { neighbour } of addresses) {
    if (neighbour === null) continue;
    if (addresses.some(({ address }) => address.equals(neighbour.address))) continue;
    if (found.some(({ address }) => address.equals(neighbour.address))) continue;
    found.push(neighbour);
  }
  return found;
}

/** What the kernel's dev_valid_name takes; a `%d` only where there may be a new device. */
function checkName(name: string, existing: boolean): void {
  const isFit =
    name.length > 0 &&
    name.length < DEVICE_NAME_BYTES &&
    name !== '.' &&
    name !== '..' &&
    /^[!-~]+$/.test(name) &&
    !/[/:]/.test(name) &&
    (existing ? !name.includes('%') : /^[^%]*(?:%d[^%]*)?$/.test(name));
  if (isFit) return;
  const expected = "a device's name of 1 to 15 characters without '/', ':' and spaces";
  throw new ArgumentError('ERR_INVALID_ARG_VALUE', 'options.name', expected, name);
}

function checkType(option: string, value: unknown, type: 'string' | 'boolean'): void {
  if (typeof value === type) return;
  throw new ArgumentError('ERR_INVALID_ARG_TYPE', `options.${option}`, `of type ${type}`, value);
}

function checkInteger(option: string, value: unknown, least: number, most: number): void {
  const name = `options.${option}`;
  if (typeof value !== 'number') {
    throw new ArgumentError('ERR_INVALID_ARG_TYPE', name, 'of type number', value);
  }
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const expected = `an integer from ${least} to ${most}`;
  throw new ArgumentError('ERR_INVALID_ARG_VALUE', name, expected, value);
}
