/** Who carries the frames of an EthernetLink: what a user may choose, and how it is checked. */
import { readCidrs } from '../cidr';
import { DEVICE_NAME_BYTES } from '../tun-device';
import { wrongType, wrongValue } from './check-options';
import type { EthernetLinkOptions } from './ethernet-options';
import type { TapSettings } from './tap-carrier';

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

/** A TAP device that is made for the link, and goes with it. */
export interface TapOptions {
  /** Of the device; a `%d` becomes the first free number. 'usernet%d' unless given. */
  name?: string;
  /** The device must be there already (`ip tuntap add mode tap`), and stays. */
  existing?: boolean;
  /** A bridge of the host's that the device joins. */
  bridge?: string;
  /** What the host's kernel is called at its end of the device: '10.1.0.1/24'. */
  hostAddresses?: string | string[];
}

/** The same, checked; `mtu` of a TAP device is for the link to fill in. */
export type CarrierSetup =
  | { kind: 'user'; options: FrameCarrierOptions }
  | { kind: 'interface'; name: string; namespace: string }
  | { kind: 'tap'; settings: Omit<TapSettings, 'mtu'>; namespace: string };

const DEFAULT_TAP = 'usernet%d';

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
export function checkCarrier(options: EthernetLinkOptions): CarrierSetup {
  const { carrier, interface: name, tap, namespace = '' } = options;
  if ([carrier, name, tap].filter((one) => one !== undefined).length !== 1) {
    wrongValue('options', 'one with exactly one of carrier, interface and tap', options);
  }
  if (typeof namespace !== 'string') wrongType('options.namespace', 'string', namespace);
  if (name !== undefined) {
    checkName('options.interface', name, false);
    return { kind: 'interface', name, namespace };
  }
  if (tap !== undefined) return { kind: 'tap', settings: checkTap(tap), namespace };
  checkUser(carrier!);
  return { kind: 'user', options: carrier! };
}

function checkUser(carrier: FrameCarrierOptions): void {
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

function checkTap(tap: string | TapOptions): Omit<TapSettings, 'mtu'> {
  const options = typeof tap === 'string' ? { name: tap } : tap;
  if (options === null || typeof options !== 'object') wrongType('options.tap', 'object', tap);
  const { name = DEFAULT_TAP, existing = false, bridge = '', hostAddresses = [] } = options;
  if (typeof existing !== 'boolean') wrongType('options.tap.existing', 'boolean', existing);
  checkName('options.tap.name', name, !existing);
  if (bridge !== '') checkName('options.tap.bridge', bridge, false);
  const cidrs = readCidrs('options.tap.hostAddresses', hostAddresses);
  return { name, existing, bridge, hostAddresses: cidrs };
}

/** What the kernel's dev_valid_name takes. @param mayCount may there be a `%d` in it? */
function checkName(option: string, name: string, mayCount: boolean): void {
  if (typeof name !== 'string') wrongType(option, 'string', name);
  const isFit =
    name.length < DEVICE_NAME_BYTES &&
    name !== '.' &&
    name !== '..' &&
    /^[!-~]+$/.test(name) &&
    !/[/:]/.test(name) &&
    (mayCount ? /^[^%]*(?:%d[^%]*)?$/.test(name) : !name.includes('%'));
  if (isFit) return;
  wrongValue(option, "a device's name of 1 to 15 characters without '/', ':' and spaces", name);
}
