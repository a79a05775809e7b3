/**
 * A gibibyte each way at once over every link to a kernel, IPv4 and IPv6: the hashes are equal, and
 * nothing is left. `USERNET_LONG_MIB` makes it less.
 */
import { testEverywhere } from '../test/kernel/support/places';
import { checkRecorded, recordUpTo } from '../test/kernel/support/recorder';
import { Rig } from '../test/kernel/support/rig';
import { callPeer } from '../test/kernel/support/scenarios';

const BYTES = Number(process.env.USERNET_LONG_MIB ?? 1024) * 1024 * 1024;
const PATIENCE_MS = 180_000;

recordUpTo(16 * 1024 * 1024);

testEverywhere(`${BYTES >> 20} MiB each way`, PATIENCE_MS, async (t, place, peer) => {
  const { link, address, device, namespace, peerAddress } = place;
  const rig = new Rig(link, address, device, {}, namespace);
  const part = { bytes: BYTES, afterEnd: false };
  const limits = { connections: 1, patienceMs: PATIENCE_MS };
  const scenario = { name: 'all of it', client: part, server: part, ...limits };
  await callPeer(t, rig.net, peer, peerAddress, scenario);
  await rig.finish(t);
});

checkRecorded();
