/** The TUN link and the kernel of a namespace: transfers both ways, with offload and without. */
import t from 'tap';
import { takesOversize } from '../../lib/link/oversize';
import { createTunLink } from '../../lib/link/tun-link';
import type { TunLinkOptions } from '../../lib/link/tun-options';
import { IPV4_MAX_BYTES } from '../../lib/wire/ipv4';
import type { Link } from '../../types/link';
import { BareNamespace } from './support/bare-namespace';
import { PeerProcess } from './support/peer-process';
import { checkRecorded } from './support/recorder';
import { findLack, kernelTest } from './support/requirements';
import { Rig } from './support/rig';
import {
  callPeer,
  crowd,
  halfCloses,
  type Scenario,
  servePeer,
  transfers,
} from './support/scenarios';

const MIB = 1024 * 1024;
/** TIME-WAIT lasts twice this: what a busy machine delivers late is still answered. */
const MSL_MS = 50;
/** [ours, the kernel's] */
const IPV4 = ['10.77.0.2', '10.77.0.1'];
const IPV6 = ['fd77::2', 'fd77::1'];

let space: BareNamespace | undefined;
let peer: PeerProcess | undefined;
t.before(async () => {
  if (findLack('tun') !== null) return;
  space = new BareNamespace();
  peer = await PeerProcess.start('kernel', space.name);
});
t.teardown(async () => {
  await peer?.stop();
  space?.remove();
});

type Family = typeof IPV4;

function makeRig([ours]: Family, options: Partial<TunLinkOptions>): Rig {
  const { name: namespace } = space!;
  const addresses = ours.includes(':') ? `${ours}/64` : `${ours}/24`;
  const link = createTunLink({ addresses, namespace, ...options });
  return new Rig(link, ours, '', { tcp: { mslMs: MSL_MS } }, namespace);
}

function bothWays(
  name: string,
  family: Family,
  options: Partial<TunLinkOptions>,
  scenarios: Scenario[],
): void {
  const [ours, theirs] = family;
  for (const scenario of scenarios) {
    kernelTest(`${name}: usernet calls the kernel: ${scenario.name}`, ['tun'], async (t) => {
      const rig = makeRig(family, options);
      await callPeer(t, rig.net, peer!, theirs, scenario);
      await rig.finish(t);
    });
    kernelTest(`${name}: the kernel calls usernet: ${scenario.name}`, ['tun'], async (t) => {
      const rig = makeRig(family, options);
      await servePeer(t, rig.net, peer!, ours, scenario);
      await rig.finish(t);
    });
  }
}

const SOME = [...transfers(16 * MIB), ...halfCloses(2 * MIB), ...crowd(100, 64 * 1024)];
const BOTH_AT_ONCE = transfers(4 * MIB).slice(2);
bothWays('offload', IPV4, {}, SOME);
bothWays('no offload', IPV4, { offload: false }, SOME);
bothWays('IPv6, offload', IPV6, {}, [...transfers(8 * MIB), ...crowd(30, 64 * 1024)]);
bothWays('IPv6, no offload', IPV6, { offload: false }, BOTH_AT_ONCE);
for (const mtu of [576, 9000, 65_535]) {
  for (const offload of [true, false]) {
    const name = `MTU ${mtu}, ${offload ? '' : 'no '}offload`;
    bothWays(name, IPV4, { mtu, offload }, BOTH_AT_ONCE);
    if (mtu >= 1280) bothWays(`IPv6, ${name}`, IPV6, { mtu, offload }, BOTH_AT_ONCE);
  }
}
bothWays('three queues', IPV4, { queues: 3 }, crowd(30, 64 * 1024));

kernelTest('text for the host itself goes in packets beyond 64 KiB', ['tun'], async (t) => {
  const [ours, theirs] = IPV4;
  const { name: namespace } = space!;
  const link = createTunLink({ addresses: `${ours}/24`, namespace });
  let longest = 0;
  const { commitText } = link;
  const counted: Link['commitText'] = (headerBytes, at, length, moreAt, more, pieceBytes) => {
    longest = Math.max(longest, headerBytes + length + more);
    commitText!(headerBytes, at, length, moreAt, more, pieceBytes);
  };
  Object.assign(link, { commitText: counted });
  const rig = new Rig(link, ours, '', { tcp: { mslMs: MSL_MS } }, namespace);
  await callPeer(t, rig.net, peer!, theirs, transfers(16 * MIB)[0]);
  await rig.finish(t);
  t.equal(longest > IPV4_MAX_BYTES, takesOversize(), `${longest} bytes at once`);
});

checkRecorded();
