/** How much may be on its way for long: how it rises, and what it leaves to others. */
import t from 'tap';
import { FlightCeiling } from '../../../lib/tcp/congestion/flight-ceiling';
import { PathSample } from '../../../lib/tcp/congestion/path-sample';

const MSS = 1000;

t.test('it leaves a seventh to others, a segment at least', (t) => {
  const ceiling = new FlightCeiling();
  t.equal(ceiling.leavingRoom(MSS), Infinity);
  ceiling.value = 100_000;
  t.equal(ceiling.leavingRoom(MSS), 85_000);
  ceiling.value = 5000;
  t.equal(ceiling.leavingRoom(MSS), 4000);
  t.end();
});

t.test('it is no lower than what was safe', (t) => {
  const ceiling = new FlightCeiling();
  ceiling.value = 5000;
  const path = new PathSample();
  path.priorInFlight = 4000;
  ceiling.noteSafe(path);
  t.equal(ceiling.value, 5000);
  path.priorInFlight = 6000;
  ceiling.noteSafe(path);
  t.equal(ceiling.value, 6000);
  path.priorInFlight = 9000;
  path.priorDelivered = -1;
  ceiling.noteSafe(path);
  t.equal(ceiling.value, 6000, 'an ACK without a sample says nothing');
  t.end();
});

t.test('it rises by one segment in a round trip, by two, by four', (t) => {
  const ceiling = new FlightCeiling();
  ceiling.value = 16_000;
  ceiling.raise(50_000, MSS);
  t.equal(ceiling.value, 16_000, 'not before a look for more has begun');
  ceiling.resetSlope();
  for (const expected of [17_000, 19_000, 23_000, 31_000]) {
    ceiling.raiseSlope(16_000, MSS);
    for (let acked = 0; acked < 16_000; acked += MSS) ceiling.raise(MSS, MSS);
    t.equal(ceiling.value, expected);
  }
  for (let round = 0; round < 40; round++) ceiling.raiseSlope(16_000, MSS);
  ceiling.raise(4 * MSS, MSS);
  t.equal(ceiling.value, 35_000, 'by what arrives at most');
  ceiling.resetSlope();
  ceiling.raiseSlope(16_000, MSS);
  ceiling.raise(15_999, MSS);
  t.equal(ceiling.value, 35_000, 'the next look begins slowly again');
  t.end();
});
