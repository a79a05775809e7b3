/** An Ethernet link as the environment describes it, for programs that know nothing of it. */
import { ConfigurationError } from '../../support/configuration-error';
import type { EthernetLinkOptions } from './ethernet-options';

/**
 * `USERNET_ETHERNET_ADDRESS` (several with commas between them) and `USERNET_ETHERNET_INTERFACE` or
 * `USERNET_ETHERNET_TAP`; if need be `USERNET_ETHERNET_BRIDGE`, `USERNET_ETHERNET_GATEWAY`,
 * `USERNET_ETHERNET_MAC`, `USERNET_ETHERNET_MTU`, `USERNET_ETHERNET_NAMESPACE`,
 * `USERNET_ETHERNET_PROBE_MS`.
 * @throws NetworkError EINVAL without an address, or without an interface or TAP device
 */
export function ethernetOptionsFrom(environment: NodeJS.ProcessEnv): EthernetLinkOptions {
  const read = (name: string): string | undefined =>
    environment[`USERNET_ETHERNET_${name}`] || undefined;
  const addresses = read('ADDRESS');
  if (addresses === undefined) {
    const remedy = 'set USERNET_ETHERNET_ADDRESS to one that is free, as in 10.1.0.2/24';
    throw new ConfigurationError(`an Ethernet link needs an address: ${remedy}`);
  }
  const name = read('INTERFACE');
  const tap = read('TAP');
  if ((name === undefined) === (tap === undefined)) {
    const remedy = 'set either USERNET_ETHERNET_INTERFACE or USERNET_ETHERNET_TAP to its name';
    throw new ConfigurationError(`an Ethernet link needs a device: ${remedy}`);
  }
  return {
    addresses: listOf(addresses),
    gateway: listOf(read('GATEWAY') ?? ''),
    mac: read('MAC'),
    mtu: numberOf(read('MTU')),
    namespace: read('NAMESPACE'),
    probeMs: numberOf(read('PROBE_MS')),
    ...(tap === undefined ? { interface: name } : { tap: { name: tap, bridge: read('BRIDGE') } }),
  };
}

function listOf(text: string): string[] {
  return text === '' ? [] : text.split(',').map((one) => one.trim());
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
