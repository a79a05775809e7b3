/** mqtt on usernet, over raw links, against Debian's mosquitto. */
import '../../lib/register';

import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { checkCarried, HOST, type ServerRecipe, serverTest } from './support/host-server';

const mosquitto: ServerRecipe = {
  program: 'mosquitto',
  // Its file of settings is a few words, which the shell writes.
  prepare: ({ folder, port }) => [
    [
      'sh',
      [
        '-c',
        'printf "listener %s %s\\nallow_anonymous true\\npersistence false\\n" "$1" "$2" > "$3"',
        ...['sh', String(port), HOST, `${folder}/settings`],
      ],
    ],
  ],
  user: 'mosquitto',
  args: ({ folder }) => ['-c', `${folder}/settings`],
  ready: /mosquitto version \S+ running/,
};

serverTest('mqtt publishes and hears in each quality of service', mosquitto, async (t, port) => {
  const [hearing, saying] = await Promise.all([connectTo(port), connectTo(port)]);
  await hearing.subscribeAsync('news/#', { qos: 2 });
  // mosquitto hands out no more than 20 of the second quality before it is answered.
  for (const [qos, count] of [
    [0, 100],
    [1, 100],
    [2, 20],
  ] as const) {
    const heard = messages(hearing, count);
    for (let i = 0; i < count; i++) saying.publish(`news/${qos}`, `${i}`, { qos });
    t.same(
      await heard,
      Array.from({ length: count }, (_, i) => `news/${qos} ${i}`),
    );
  }
  const large = 'm'.repeat(1 << 20);
  const [heard] = await Promise.all([
    messages(hearing, 1),
    saying.publishAsync('news/large', large, { qos: 1 }),
  ]);
  t.ok(heard[0] === `news/large ${large}`, '1 MiB went to and fro');
  checkCarried(t, port, 2);
  await Promise.all([hearing.endAsync(), saying.endAsync()]);
});

serverTest('the last will is heard when a socket is torn off', mosquitto, async (t, port) => {
  const hearing = await connectTo(port);
  await hearing.subscribeAsync('will');
  const will = { topic: 'will', payload: Buffer.from('gone'), qos: 0 as const, retain: false };
  const torn = await connectTo(port, { will, reconnectPeriod: 0 });
  torn.on('error', () => undefined);
  const heard = messages(hearing, 1);
  torn.stream.destroy();
  t.same(await heard, ['will gone']);
  await hearing.endAsync();
});

/** The client writes its name into the options: everyone needs some of its own. */
async function connectTo(port: number, options: IClientOptions = {}): Promise<MqttClient> {
  return await connectAsync({ host: HOST, port, protocol: 'mqtt', ...options });
}

/** The next so many messages, as topic and text. */
async function messages(client: MqttClient, count: number): Promise<string[]> {
  const found: string[] = [];
  return await new Promise((resolve) => {
    const note = (topic: string, payload: Buffer): void => {
      found.push(`${topic} ${payload}`);
      if (found.length < count) return;
      client.off('message', note);
      resolve(found);
    };
    client.on('message', note);
  });
}
