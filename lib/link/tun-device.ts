/**
 * A device whose packets come from and go to this process: /dev/net/tun
 * (Documentation/networking/tuntap.rst), opened once or once a queue.
 *
 * With offload each packet has a virtio header before it, which says what is still to be done to
 * it: fill in the checksum, cut it into segments. Between this process and the kernel nothing of
 * that is ever done, and 64 KiB cost hardly more than one packet.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { NetworkError } from '../support/network-error';
import { systemError } from './errno';
import type { Libc } from './libc';
import { VIRTIO_HEADER_BYTES } from './virtio-header';

const TUN_PATH = '/dev/net/tun';

const TUNSETIFF = 0x400454ca;
const TUNSETPERSIST = 0x400454cb;
const TUNSETOFFLOAD = 0x400454d0;
const TUNSETVNETHDRSZ = 0x400454d8;

const IFF_TUN = 0x0001;
const IFF_TAP = 0x0002;
const IFF_MULTI_QUEUE = 0x0100;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;

/** What we take from the kernel unfinished: partial checksums, and segments not yet cut. */
const TUN_F_CSUM = 1;
const TUN_F_TSO4 = 2;
const TUN_F_TSO6 = 4;
const TUN_F_TSO_ECN = 8;
const OFFLOADS = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

/** struct ifreq: the name, then (here) the flags. */
const IFREQ_BYTES = 40;
export const DEVICE_NAME_BYTES = 16;

export interface TunDeviceOptions {
  /** IP packets, or Ethernet frames. */
  kind: 'tun' | 'tap';
  /** A `%d` in it becomes the first number that is free. */
  name: string;
  offload: boolean;
  /** How many descriptors; more than one, or `shared`, makes the device one of several queues. */
  queues: number;
  /** May others open more queues of it? */
  shared: boolean;
  /** Does it stay when the last descriptor is closed? */
  persist: boolean;
}

export class TunDevice {
  /** As the kernel has it. */
  readonly name: string;
  /** One a queue. Reading and writing never block. */
  readonly descriptors: readonly number[];
  /** Bytes before each packet: the virtio header, or nothing. */
  readonly headerBytes: number;

  /**
   * In the network namespace that the thread is in.
   * @throws NetworkError ENODEV (no /dev/net/tun), EPERM, EACCES, EBUSY, EINVAL, EMFILE
   */
  constructor(libc: Libc, options: TunDeviceOptions) {
    const descriptors: number[] = [];
    let { name } = options;
    try {
      for (let i = 0; i < options.queues; i++) {
        descriptors.push(openTun());
        name = attach(libc, descriptors[i], name, options);
      }
    } catch (error) {
      for (const fd of descriptors) closeSync(fd);
      throw error;
    }
    this.name = name;
    this.descriptors = descriptors;
    this.headerBytes = options.offload ? VIRTIO_HEADER_BYTES : 0;
  }

  /** The device goes with its last descriptor, unless it persists. */
  close(): void {
    for (const fd of this.descriptors) closeSync(fd);
  }
}

function openTun(): number {
  try {
    return openSync(TUN_PATH, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    throw missing((error as NodeJS.ErrnoException).code ?? '');
  }
}

function missing(code: string): NetworkError {
  switch (code) {
    case 'ENOENT':
    case 'ENODEV':
    case 'ENXIO':
      return new NetworkError(
        'ENODEV',
        `${TUN_PATH} is missing: \`modprobe tun\`, or for a container --device ${TUN_PATH}`,
      );
    case 'EMFILE':
    case 'ENFILE':
      return new NetworkError('EMFILE', `${TUN_PATH}: ${code}`);
    default:
      return new NetworkError(
        'EACCES',
        `${TUN_PATH}: ${code}; it must be readable and writable for this user`,
      );
  }
}

/** @returns the name that the device has */
function attach(libc: Libc, fd: number, name: string, options: TunDeviceOptions): string {
  const { kind, offload, queues, shared, persist } = options;
  const request = Buffer.alloc(IFREQ_BYTES);
  request.write(name, 0, DEVICE_NAME_BYTES - 1, 'latin1');
  let flags = IFF_NO_PI | (kind === 'tun' ? IFF_TUN : IFF_TAP);
  if (offload) flags |= IFF_VNET_HDR;
  if (queues > 1 || shared) flags |= IFF_MULTI_QUEUE;
  request.writeUInt16LE(flags, DEVICE_NAME_BYTES);
  if (libc.ioctl(fd, TUNSETIFF, request) < 0) throw refusal(libc.errno(), name, kind);
  if (offload) setOffload(libc, fd, name);
  if (persist && libc.ioctlValue(fd, TUNSETPERSIST, 1) < 0) {
    throw systemError(libc.errno(), `${name}: making it persistent`);
  }
  return request.toString('latin1', 0, request.indexOf(0));
}

function setOffload(libc: Libc, fd: number, name: string): void {
  const size = Buffer.alloc(4);
  size.writeInt32LE(VIRTIO_HEADER_BYTES);
  if (libc.ioctl(fd, TUNSETVNETHDRSZ, size) < 0) {
    throw systemError(libc.errno(), `${name}: size of the virtio header`);
  }
  if (libc.ioctlValue(fd, TUNSETOFFLOAD, OFFLOADS) < 0) {
    throw systemError(libc.errno(), `${name}: offload, which { offload: false } does without`);
  }
}

function refusal(errno: number, name: string, kind: string): NetworkError {
  const error = systemError(errno, `device ${name}`);
  switch (error.code) {
    case 'EPERM':
    case 'EACCES':
      return withRemedy(error, name, kind);
    case 'EBUSY':
      return new NetworkError(
        'EBUSY',
        `${error.message}; another process has it open: choose another name`,
      );
    case 'EINVAL':
      return new NetworkError(
        'EINVAL',
        `${error.message}; it is no ${kind} device, or has (no) queues other than asked for`,
      );
    default:
      return error;
  }
}

function withRemedy(error: NetworkError, name: string, kind: string): NetworkError {
  const made = name.includes('%') ? `${kind}0` : name;
  const remedy =
    'a new device needs CAP_NET_ADMIN: run as root, or `setcap cap_net_admin+ep $(which node)`, ' +
    'or inside a user namespace (`unshare -Urn`), or have one made for you: ' +
    `\`sudo ip tuntap add dev ${made} mode ${kind} user $USER\``;
  return new NetworkError(error.code, `${error.message}; ${remedy}`);
}
