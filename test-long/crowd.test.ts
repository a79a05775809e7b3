/**
 * A thousand connections at once between every link and a kernel, whichever calls: nothing is refused,
 * and no reset is without a reason. `USERNET_CROWD` makes it more.
 */
import { testEverywhere } from '../test/kernel/support/places';
import { checkRecorded, recordUpTo } from '../test/kernel/support/recorder';
import { Rig } from '../test/kernel/support/rig';
import { callPeer, crowd, servePeer } from '../test/kernel/support/scenarios';

const CONNECTIONS = Number(process.env.USERNET_CROWD ?? 1000);
const PATIENCE_MS = 55_000;
/** TIME-WAIT is twice this: longer than a kernel waits that has lost its first FIN. */
const MSL_MS = 250;

recordUpTo(8 * 1024 * 1024);

testEverywhere(`${CONNECTIONS} connections`, PATIENCE_MS, async (t, place, peer) => {
  const { address, device, namespace, peerAddress } = place;
  const scenario = { ...crowd(CONNECTIONS, 4096)[0], patienceMs: PATIENCE_MS };
  const rig = new Rig(place.link, address, device, { tcp: { mslMs: MSL_MS } }, namespace, true);
  await callPeer(t, rig.net, peer, peerAddress, scenario);
  await servePeer(t, rig.net, peer, address, scenario);
  await rig.finish(t);
});

checkRecorded();
