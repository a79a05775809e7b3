/**
 * The links that not every program needs, each loaded when somebody first asks for it.
 *
 * Together they are a quarter of what there is to load, and a process that stays within itself or
 * has one of them never asks for the rest. It counts for more than the time to load them: from 8 MB
 * of heap on V8 may mark all of it for every 30 MB of received text (see benchmarks/README).
 */

type Ethernet = typeof import('./ethernet/ethernet-link');

export type CaptureFile = import('./capture-file').CaptureFile;
export type EthernetLink = import('./ethernet/ethernet-link').EthernetLink;
export type PacketLink = import('./packet-link').PacketLink;
export type RawLink = import('./raw-link').RawLink;
export type RawSocketLink = import('./raw-socket-link').RawSocketLink;
export type TunLink = import('./tun-link').TunLink;

export declare const CaptureFile: typeof import('./capture-file').CaptureFile;
export declare const CaptureLink: typeof import('./capture-link').CaptureLink;
export declare const EthernetLink: Ethernet['EthernetLink'];
export declare const PacketLink: typeof import('./packet-link').PacketLink;
export declare const RawLink: typeof import('./raw-link').RawLink;
export declare const RawSocketLink: typeof import('./raw-socket-link').RawSocketLink;
export declare const TunLink: typeof import('./tun-link').TunLink;
export declare const createCaptureLink: typeof import('./capture-link').createCaptureLink;
export declare const createEthernetLink: Ethernet['createEthernetLink'];
export declare const createImpairLink: typeof import('./impair-link').createImpairLink;
export declare const createTunLink: typeof import('./tun-link').createTunLink;

const LOADERS = {
  CaptureFile: () => require('./capture-file'),
  CaptureLink: () => require('./capture-link'),
  EthernetLink: () => require('./ethernet/ethernet-link'),
  PacketLink: () => require('./packet-link'),
  RawLink: () => require('./raw-link'),
  RawSocketLink: () => require('./raw-socket-link'),
  TunLink: () => require('./tun-link'),
  createCaptureLink: () => require('./capture-link'),
  createEthernetLink: () => require('./ethernet/ethernet-link'),
  createImpairLink: () => require('./impair-link'),
  createTunLink: () => require('./tun-link'),
};

for (const [name, load] of Object.entries(LOADERS)) {
  Object.defineProperty(module.exports, name, { enumerable: true, get: () => load()[name] });
}
