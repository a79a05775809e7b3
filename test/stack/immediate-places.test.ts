import t from 'tap';
import { ImmediatePlaces } from '../../lib/stack/immediate-places';

/** Takes places one after another, `count` of them, and says in which turn of the loop each came. */
function turnsOf(count: number): Promise<number[]> {
  const places = new ImmediatePlaces();
  const turns: number[] = [];
  let turn = 0;
  return new Promise((resolve) => {
    const nextTurn = (): void => {
      turn++;
      if (turns.length < count) setImmediate(nextTurn);
      else resolve(turns);
    };
    const arrive = (): void => {
      turns.push(turn);
      if (turns.length < count) places.take(arrive);
    };
    places.take(arrive);
    setImmediate(nextTurn);
  });
}

t.test('who comes again and again gets rows that double, up to 32 places', async (t) => {
  const turns = await turnsOf(150);
  const rows = new Map<number, number>();
  for (const turn of turns) rows.set(turn, (rows.get(turn) ?? 0) + 1);
  t.same([...rows.values()], [1, 2, 4, 8, 16, 32, 32, 32, 23]);
});

t.test('between two places ticks and promises do all they have to', async (t) => {
  const places = new ImmediatePlaces();
  const heard: string[] = [];
  await new Promise<void>((resolve) => {
    const speak = async (name: string): Promise<void> => {
      heard.push(name);
      process.nextTick(() => Promise.resolve().then(() => heard.push(`${name} tick, promise`)));
      await null;
      await null;
      process.nextTick(() => heard.push(`${name} promise, tick`));
    };
    let left = 3;
    const arrive = (): void => {
      speak(String(left));
      if (--left > 0) places.take(arrive);
      else setImmediate(resolve);
    };
    places.take(arrive);
  });
  const of = (name: string) => [name, `${name} tick, promise`, `${name} promise, tick`];
  t.same(heard, [...of('3'), ...of('2'), ...of('1')]);
});

t.test('several who take places at once all come, in their order', async (t) => {
  const places = new ImmediatePlaces();
  const heard: number[] = [];
  for (let i = 0; i < 5; i++) places.take(() => heard.push(i));
  while (heard.length < 5) await new Promise((resolve) => setImmediate(resolve));
  t.same(heard, [0, 1, 2, 3, 4]);
});

t.test('one who throws loses nobody his place', async (t) => {
  const places = new ImmediatePlaces();
  const caught = new Promise((resolve) => process.once('uncaughtException', resolve));
  places.take(() => {
    throw new Error('enough');
  });
  const came = new Promise<void>((resolve) => places.take(resolve));
  t.match(await caught, { message: 'enough' });
  await came;
});
