/**
 * `require('usernet')` where a program said `require('net')`.
 *
 * The functions and classes of `node:net`, on the default stack of this process; and what is beyond
 * them: stacks of one's own, and `createNet` to have the same `net` on one of those.
 */
import { createNet } from './net/create-net';

export type { Clock, ClockTimer } from '../types/clock';
export type { Link, LinkHost, LinkRoute, PortClaim } from '../types/link';
export type { StackLimits, StackOptions, TransportStack } from '../types/stack';
export type { TcpConfig, TcpInfo, TcpState } from '../types/tcp';
export type { CaptureLinkOptions } from './link/capture-link';
export type { FrameCarrierOptions, TapOptions } from './link/ethernet/carrier-options';
export type { NeighbourSummary } from './link/ethernet/ethernet-link';
export type { EthernetLinkOptions } from './link/ethernet/ethernet-options';
export {
  CaptureFile,
  createCaptureLink,
  createEthernetLink,
  createImpairLink,
  createTunLink,
  EthernetLink,
  PacketLink,
  RawLink,
  RawSocketLink,
  TunLink,
} from './link/exports';
export type { ImpairLink, ImpairLinkOptions } from './link/impair-link';
export type { PacketLinkOptions } from './link/packet-link-options';
export type { RawLinkOptions } from './link/raw-link-options';
export type { TunLinkOptions } from './link/tun-options';
export type {
  Net,
  NetConnectOptions,
  ServerOptions,
  SocketExtras,
  SocketOptions,
} from './net/api';
export { createNet } from './net/create-net';
export { configure, type DefaultStackOptions, defaultStack } from './stack/default-stack';
export { type ConnectionSummary, Stack, type StackStats } from './stack/stack';
export { NetworkError, type NetworkErrorCode } from './support/network-error';
export type { CongestionController } from './tcp/congestion/controller';
export type { PathSample } from './tcp/congestion/path-sample';
export {
  type CongestionControlFactory,
  congestionControlNames,
  registerCongestionControl,
} from './tcp/congestion/registry';
export { IpAddress } from './wire/ip-address';

const net = createNet(null);

export const Socket = net.Socket;
export const Server = net.Server;
/** Legacy name of Socket. */
export const Stream = net.Socket;
export const connect = net.connect;
export const createConnection = net.createConnection;
export const createServer = net.createServer;
export const BoundSocket = net.BoundSocket;
export const isIP = net.isIP;
export const isIPv4 = net.isIPv4;
export const isIPv6 = net.isIPv6;
export const BlockList = net.BlockList;
export const SocketAddress = net.SocketAddress;
export const getDefaultAutoSelectFamily = net.getDefaultAutoSelectFamily;
export const setDefaultAutoSelectFamily = net.setDefaultAutoSelectFamily;
export const getDefaultAutoSelectFamilyAttemptTimeout =
  net.getDefaultAutoSelectFamilyAttemptTimeout;
export const setDefaultAutoSelectFamilyAttemptTimeout =
  net.setDefaultAutoSelectFamilyAttemptTimeout;

export type Socket = InstanceType<typeof net.Socket>;
export type Server = InstanceType<typeof net.Server>;
export type Stream = Socket;
export type BoundSocket = InstanceType<typeof net.BoundSocket>;
export type BlockList = InstanceType<typeof net.BlockList>;
export type SocketAddress = InstanceType<typeof net.SocketAddress>;
