/** A TUN link as the environment describes it, for programs that know nothing of it. */
import { ConfigurationError } from '../support/configuration-error';
import type { TunLinkOptions } from './tun-options';

/**
 * `USERNET_TUN_ADDRESS` (several with commas between them), and if need be `USERNET_TUN_NAME`,
 * `USERNET_TUN_HOST_ADDRESS`, `USERNET_TUN_ROUTES`, `USERNET_TUN_MTU`, `USERNET_TUN_NAMESPACE`;
 * `USERNET_TUN_EXISTING=1` for a device that was made beforehand, `USERNET_TUN_OFFLOAD=0`.
 * @throws NetworkError EINVAL without an address
 */
export function tunOptionsFrom(environment: NodeJS.ProcessEnv): TunLinkOptions {
  const read = (name: string): string | undefined =>
    environment[`USERNET_TUN_${name}`] || undefined;
  const addresses = read('ADDRESS');
  if (addresses === undefined) {
    const remedy = 'set USERNET_TUN_ADDRESS to an address for the stack, as in 10.9.0.2/24';
    throw new ConfigurationError(`a TUN link needs an address: ${remedy}`);
  }
  const mtu = read('MTU');
  return {
    addresses: listOf(addresses),
    hostAddresses: maybeListOf(read('HOST_ADDRESS')),
    routes: maybeListOf(read('ROUTES')),
    name: read('NAME'),
    mtu: mtu === undefined ? undefined : Number(mtu),
    namespace: read('NAMESPACE'),
    existing: read('EXISTING') === '1',
    offload: read('OFFLOAD') !== '0',
  };
}

function maybeListOf(text: string | undefined): string[] | undefined {
  return text === undefined ? undefined : listOf(text);
}

function listOf(text: string): string[] {
  return text.split(',').map((one) => one.trim());
}
