/**
 * `links` as exports of a module, for `lib/index` to hand on: each still loads its link when it is
 * first read, which no `export … from` of TypeScript's would do.
 */
import { links } from './on-demand';

type Links = typeof links;

export type CaptureFile = InstanceType<Links['CaptureFile']>;
export type EthernetLink = InstanceType<Links['EthernetLink']>;
export type PacketLink = InstanceType<Links['PacketLink']>;
export type RawLink = InstanceType<Links['RawLink']>;
export type RawSocketLink = InstanceType<Links['RawSocketLink']>;
export type TunLink = InstanceType<Links['TunLink']>;

export declare const CaptureFile: Links['CaptureFile'];
export declare const EthernetLink: Links['EthernetLink'];
export declare const PacketLink: Links['PacketLink'];
export declare const RawLink: Links['RawLink'];
export declare const RawSocketLink: Links['RawSocketLink'];
export declare const TunLink: Links['TunLink'];
export declare const createCaptureLink: Links['createCaptureLink'];
export declare const createEthernetLink: Links['createEthernetLink'];
export declare const createImpairLink: Links['createImpairLink'];
export declare const createTunLink: Links['createTunLink'];

for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(links))) {
  Object.defineProperty(module.exports, name, { enumerable: true, get });
}
