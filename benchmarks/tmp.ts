import { BulkFlow } from '../lib/sim/bulk-flow';
import { simulate } from '../lib/sim/network';
const cc = process.argv[2] ?? 'cubic'; const secs = Number(process.argv[3] ?? 60);
const imp = JSON.parse(process.argv[4] ?? '{}');
const q = Number(process.argv[5] ?? 1.25e6);
const tcp = { congestionControl: cc, sendBufferMaxBytes: 16e6, receiveBufferMaxBytes: 16e6 };
const { clock, hosts, links, close } = simulate({ seed: 1, hosts: { a: { tcp }, b: { tcp } },
  links: [{ between: ['a', 'b'], delayMs: 50, there: { rate: 1e8, queueBytes: q, ...imp } }] });
const flow = new BulkFlow({ from: hosts.a, to: hosts.b });
const t0 = process.hrtime.bigint();
let last = 0; const per: number[] = [];
for (let s = 1; s <= secs; s++) { clock.advanceTo(s * 1000, Infinity); per.push(Math.round((flow.received - last) * 8e-6)); last = flow.received; }
const w = Number(process.hrtime.bigint() - t0) / 1e9;
const i = flow.sender.info(); const c = links[0][0].outgoing.counters;
console.log(cc, JSON.stringify(imp), (flow.received * 8 / secs / 1e6).toFixed(2), 'Mbit/s', w.toFixed(2), 's wall', clock.events, 'events | sent', c.sent, 'lost', c.lost, 'ovf', c.overflowed, 'reord', c.reordered, '| retr', i.total_retrans, 'cwnd', i.snd_cwnd, 'undo', i.undo_count);
if (process.argv[6]) console.log(per.join(' '));
close();
