import { BulkFlow } from '../lib/sim/bulk-flow';
import { simulate } from '../lib/sim/network';
const cc = process.argv[2] ?? 'cubic'; const secs = Number(process.argv[3] ?? 60);
const imp = JSON.parse(process.argv[4] ?? '{}');
const tcp = { congestionControl: cc, sendBufferMaxBytes: 16e6, receiveBufferMaxBytes: 16e6 };
const { clock, hosts, links, close } = simulate({ seed: 1, hosts: { a: { tcp }, b: { tcp } },
  links: [{ between: ['a', 'b'], delayMs: 50, there: { rate: 1e8, queueBytes: 1.25e6, ...imp } }] });
const flow = new BulkFlow({ from: hosts.a, to: hosts.b });
for (let s = 0.1; s <= secs; s += 0.1) { clock.advanceTo(s * 1000, Infinity);
 const i = flow.sender.info(); const c = links[0][0].outgoing.counters;
 console.log(s.toFixed(1), 'cwnd', i.snd_cwnd, 'ssth', i.snd_ssthresh, 'fl', i.unacked, 'rtt', i.rtt.toFixed(0), 'q', Math.round(links[0][0].outgoing.queuedBytes), 'ovf', c.overflowed, 'retr', i.total_retrans, 'undo', i.undo_count, 'sacked', i.sacked, 'lost', i.lost, 'wnd', i.snd_wnd, 'sndbuf', i.sndbuf); }
close();
