/**
 * The links that not every program needs, each loaded when somebody first asks for it.
 *
 * Together they are a third of what there is to load, and a process that stays within itself or
 * has one of them never asks for the rest. It counts for more than the time to load them: from 8 MB
 * of heap on V8 may mark all of it for every 30 MB of received text (see benchmarks/README).
 */

type Ethernet = typeof import('./ethernet/ethernet-link');

export const links = {
  get CaptureFile() {
    return (require('./capture-file') as typeof import('./capture-file')).CaptureFile;
  },
  get CaptureLink() {
    return (require('./capture-link') as typeof import('./capture-link')).CaptureLink;
  },
  get EthernetLink() {
    return (require('./ethernet/ethernet-link') as Ethernet).EthernetLink;
  },
  get PacketLink() {
    return (require('./packet-link') as typeof import('./packet-link')).PacketLink;
  },
  get RawLink() {
    return (require('./raw-link') as typeof import('./raw-link')).RawLink;
  },
  get RawSocketLink() {
    return (require('./raw-socket-link') as typeof import('./raw-socket-link')).RawSocketLink;
  },
  get TunLink() {
    return (require('./tun-link') as typeof import('./tun-link')).TunLink;
  },
  get createCaptureLink() {
    return (require('./capture-link') as typeof import('./capture-link')).createCaptureLink;
  },
  get createEthernetLink() {
    return (require('./ethernet/ethernet-link') as Ethernet).createEthernetLink;
  },
  get createImpairLink() {
    return (require('./impair-link') as typeof import('./impair-link')).createImpairLink;
  },
  get createTunLink() {
    return (require('./tun-link') as typeof import('./tun-link')).createTunLink;
  },
};
