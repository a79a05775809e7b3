/** The raw link and a kernel in a namespace of its own, over a network of 1,500 bytes. */
import { NAMESPACE_NEEDS, NamespacePeer } from './support/namespace-peer';
import { run } from './support/program';
import { checkRecorded } from './support/recorder';
import { kernelTest } from './support/requirements';
import { crowd, halfCloses, transfers } from './support/scenarios';

const MIB = 1024 * 1024;
const SCENARIOS = [...transfers(10 * MIB), ...halfCloses(MIB), ...crowd(20, 64 * 1024)];

const place = new NamespacePeer(4);
place.meet(SCENARIOS);

kernelTest(
  'the kernel of the namespace sent no strange reset, and found no fault',
  NAMESPACE_NEEDS,
  async (t) => {
    const { OutRsts, EstabResets, AttemptFails, InErrs, InCsumErrors } =
      place.space.countersOfTcp();
    t.same(place.whole.strangeResets(), []);
    t.equal(place.whole.countMissed(), 0);
    const captured = place.whole
      .resets()
      .filter((one) => one.startsWith(`${place.space.peerAddress}:`));
    t.equal(OutRsts, captured.length, 'its own count is the count of the capture');
    t.same(
      { EstabResets, AttemptFails, InErrs, InCsumErrors },
      { EstabResets: 0, AttemptFails: 0, InErrs: 0, InCsumErrors: 0 },
    );
  },
);

kernelTest('nothing of the namespace is left behind', NAMESPACE_NEEDS, async (t) => {
  await place.peer.stop();
  place.space.remove();
  const { output: names } = await run('ip', ['netns', 'list']);
  t.notMatch(String(names), place.space.name);
  const { output: links } = await run('ip', ['-o', 'link', 'show']);
  t.notMatch(String(links), place.space.device);
});

checkRecorded();
