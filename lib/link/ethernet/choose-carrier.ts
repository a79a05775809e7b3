/** From what the user chose to what carries his frames. */
import type { FrameCarrier } from '../../../types/frame-carrier';
import { ETHERNET_HEADER_BYTES } from '../../wire/ethernet';
import { PacketLink } from '../packet-link';
import type { EthernetSetup } from './ethernet-options';

const DEFAULT_MTU = 1500;

export function chooseCarrier(setup: EthernetSetup): FrameCarrier {
  const { carrier, addresses, mtu, name } = setup;
  const { send, receive, drain } = carrier;
  // A packet link never looks into its packets: these are frames.
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
