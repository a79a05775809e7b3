/** From what the user chose to what carries his frames. */
import type { FrameCarrier } from '../../../types/frame-carrier';
import { ETHERNET_HEADER_BYTES } from '../../wire/ethernet';
import type { MacAddress } from '../../wire/mac-address';
import type { LinkCounters } from '../link-counters';
import { PacketLink } from '../packet-link';
import type { FrameCarrierOptions } from './carrier-options';
import type { EthernetSetup } from './ethernet-options';
import { PacketSocketCarrier } from './packet-socket-carrier';
import { TapCarrier } from './tap-carrier';

const DEFAULT_MTU = 1500;

/** @param mac our hardware address, known when the carrier is opened */
export function chooseCarrier(
  setup: EthernetSetup,
  mac: () => MacAddress,
): FrameCarrier & { readonly counters: LinkCounters } {
  const { carrier, mtu } = setup;
  switch (carrier.kind) {
    case 'user':
      return carriedByUser(setup, carrier.options);
    case 'interface':
      return new PacketSocketCarrier(carrier.name, carrier.namespace, mac);
    case 'tap':
      return new TapCarrier({ ...carrier.settings, mtu }, carrier.namespace);
  }
}

/** A packet link never looks into its packets: these are frames. */
function carriedByUser(
  { addresses, mtu, name }: EthernetSetup,
  { send, receive, drain }: FrameCarrierOptions,
): PacketLink {
  const link = new PacketLink({
    addresses: addresses.map(({ address }) => address.text),
    mtu: (mtu ?? DEFAULT_MTU) + ETHERNET_HEADER_BYTES,
    send,
    drain,
    name,
  });
  receive?.((frame) => link.receive(frame));
  return link;
}
