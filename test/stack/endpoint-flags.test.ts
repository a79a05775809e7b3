/** What is true of an endpoint does not depend on what else is. */
import t from 'tap';
import { EndpointFlags } from '../../lib/stack/endpoint-flags';

const SETTERS = [
  'isQueued',
  'isReporting',
  'isWaiting',
  'isCounted',
  'isWatched',
  'isReferenced',
] as const;
const NOTES = [
  ['noteForgotten', 'isForgotten'],
  ['noteClosed', 'isClosed'],
  ['noteDisposed', 'isDisposed'],
  ['noteReleased', 'isReleased'],
  ['noteDiscoversPath', 'discoversPath'],
] as const;
const ALL = [...SETTERS, ...NOTES.map(([, flag]) => flag)];

const shown = (flags: EndpointFlags) => ALL.map((flag) => flags[flag]);

t.test('at first only its user wants it', async (t) => {
  t.same(
    ALL.filter((flag) => new EndpointFlags()[flag]),
    ['isReferenced'],
  );
});

t.test('each changes by itself', async (t) => {
  const flags = new EndpointFlags();
  const expected = shown(flags);
  for (const flag of SETTERS) {
    for (const on of [true, false, true]) {
      flags[flag] = on;
      expected[ALL.indexOf(flag)] = on;
      t.same(shown(flags), expected, `${flag} ${on}`);
    }
  }
  for (const [note, flag] of NOTES) {
    flags[note]();
    expected[ALL.indexOf(flag)] = true;
    t.same(shown(flags), expected, flag);
  }
  for (const flag of SETTERS) {
    flags[flag] = false;
    expected[ALL.indexOf(flag)] = false;
    t.same(shown(flags), expected, `${flag} no longer`);
  }
});

t.test('events are apart from what is true', async (t) => {
  const flags = new EndpointFlags();
  flags.isQueued = true;
  flags.events |= 0xff;
  flags.events &= ~4;
  t.equal(flags.events, 0xfb);
  flags.isQueued = false;
  t.equal(flags.events, 0xfb);
  flags.events = 0;
  t.same(shown(flags), shown(new EndpointFlags()));
});
