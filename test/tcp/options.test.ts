/** Options of the handshake: what is offered, what is agreed on, and what a strange peer may say. */
import t from 'tap';
import type { TcpConfig } from '../../types/tcp';
import { Bench, eachWrap } from './bench';

const FULL = { windowScaling: true, timestamps: true };
const SHOW = { win: true, options: true };

/** [config, options of our SYN, name]; at 1000 ms */
const OFFERS: readonly (readonly [Partial<TcpConfig>, string, string])[] = [
  [{}, '<mss 1000>', 'neither'],
  [FULL, '<mss 1000,nop,nop,TS val 1000 ecr 0,nop,wscale 5>', 'both, for 1 MiB'],
  [{ windowScaling: true, receiveBufferBytes: 65_535 }, '<mss 1000,nop,wscale 0>', 'a shift of 0'],
  [{ timestamps: true }, '<mss 1000,nop,nop,TS val 1000 ecr 0>', 'timestamps'],
  [{ windowScaling: true, receiveBufferBytes: 2 ** 30 }, '<mss 1000,nop,wscale 14>', 'most'],
];

t.test('[MUST-14] [SHLD-5] [MAY-3] our SYN offers what we can', (t) => {
  for (const [config, want, name] of OFFERS) {
    const b = new Bench({ config }).open();
    t.same(b.sent(SHOW), [`S 0:0(0) win 65535 ${want}`], name);
  }
  t.end();
});

/** [options of the peer's SYN, options of our SYN-ACK, name] */
const ANSWERS: readonly (readonly [string, string, string])[] = [
  ['', '<mss 1000>', 'none'],
  ['mss 1460', '<mss 1000>', 'MSS'],
  ['mss 1460,wscale 7', '<mss 1000,nop,wscale 5>', 'window scale'],
  ['mss 1460,wscale 0', '<mss 1000,nop,wscale 5>', 'window scale 0'],
  ['mss 1460,TS val 77 ecr 0', '<mss 1000,nop,nop,TS val 1000 ecr 77>', 'timestamps'],
  ['TS val 0 ecr 0', '<mss 1000,nop,nop,TS val 1000 ecr 0>', 'a timestamp of 0'],
  ['sackOK', '<mss 1000>', 'SACK-permitted: not ours yet'],
];

t.test('a SYN-ACK has only what the SYN had (RFC 7323 §1.3)', (t) => {
  for (const [options, want, name] of ANSWERS) {
    const b = new Bench({ config: FULL }).openPassive(`S 0:0(0) win 65535 <${options}>`);
    t.same(b.sent(SHOW), [`S. 0:0(0) ack 1 win 65535 ${want}`], name);
  }
  t.end();
});

t.test('the shift count is what the SYN offered, whatever is tuned meanwhile', (t) => {
  for (const receiveBufferMaxBytes of [0, 64 * 1024 * 1024]) {
    const b = new Bench({ config: FULL }).open();
    const [syn] = b.sent(SHOW);
    t.match(syn, /wscale 5/);
    b.connection.tune({ receiveBufferMaxBytes });
    b.inject('S. 0:0(0) ack 1 win 65535 <mss 1000,wscale 7>');
    t.equal(b.connection.info(b.now).rcv_wscale, 5);
  }
  t.end();
});

/** [peer's MSS option, path's limit, timestamps, Eff.snd.MSS, name] */
const SIZES: readonly (readonly [string, number, boolean, number, string])[] = [
  ['', 1460, false, 536, '[MUST-15] no option: 536'],
  ['', 1460, true, 524, 'timestamps take their share of it'],
  ['mss 1460', 1460, false, 1460, 'the same at both ends'],
  ['mss 1460', 1460, true, 1448, 'timestamps'],
  ['mss 1460', 1000, false, 1000, '[MUST-16] the path allows less'],
  ['mss 1000', 1460, false, 1000, '[MUST-16] the peer takes less'],
  ['mss 65535', 65_496, false, 65_496, 'as large as a loopback carries'],
  ['mss 0', 1460, false, 88, '[A-08] 0 is clamped'],
  ['mss 1', 1460, false, 88, '[A-08] 1 is clamped'],
  ['mss 48', 1460, false, 88, '[A-08] 48 is clamped (CVE-2019-11479)'],
  ['mss 87', 1460, false, 88, '[A-08] one below the limit'],
  ['mss 88', 1460, false, 88, '[A-08] at the limit'],
  ['mss 89', 1460, false, 89, '[A-08] one above the limit'],
  ['mss 0', 1460, true, 76, '[A-08] clamped beside timestamps'],
];

t.test('the effective send MSS', (t) => {
  for (const [mss, path, timestamps, want, name] of SIZES) {
    for (const passive of [false, true]) {
      const options = [mss, timestamps ? 'TS val 1 ecr 0' : ''].filter((o) => o !== '').join(',');
      const b = new Bench({ mss: path, config: { timestamps } }).establish({ passive, options });
      t.equal(b.connection.info(b.now).snd_mss, want, `${name}, ${passive ? 'passive' : 'active'}`);
      b.send(3 * want);
      b.sent();
      t.equal(b.last.textLength + b.last.moreLength, want, `${name}: and so segments are`);
      b.connection.dispose();
    }
  }
  t.end();
});

t.test('[MUST-65] no segment but a SYN bears an MSS or a window scale', (t) => {
  const b = new Bench({ config: FULL }).establish({ options: 'mss 1000,wscale 7,TS val 1 ecr 0' });
  b.send(100);
  b.sent();
  t.same([b.last.mss, b.last.windowScale, b.last.hasTimestamps], [-1, -1, true]);
  b.shutdown().sent();
  t.same([b.last.mss, b.last.windowScale, b.last.hasTimestamps], [-1, -1, true]);
  b.advance(1000);
  t.same([b.last.mss, b.last.windowScale, b.last.hasTimestamps], [-1, -1, true]);
  t.end();
});

/** [options of the peer's SYN, our shift, his, field of his ACK, bytes of it, name] */
const SCALES: readonly (readonly [string, number, number, number, number, string])[] = [
  ['mss 1000', 0, 0, 1000, 1000, 'not offered: neither scales'],
  ['mss 1000,wscale 0', 5, 0, 1000, 1000, '0: we scale, he does not'],
  ['mss 1000,wscale 1', 5, 1, 1000, 2000, '1'],
  ['mss 1000,wscale 14', 5, 14, 65_535, 65_535 * 16_384, '14: the largest window there is'],
  ['mss 1000,wscale 15', 5, 14, 65_535, 65_535 * 16_384, '15 is taken as 14 (RFC 7323 §2.3)'],
  ['mss 1000,wscale 255', 5, 14, 1, 16_384, '255 is taken as 14'],
];

t.test('[MUST-1] [REC-1] windows are scaled, those of SYNs are not', (t) => {
  for (const [options, own, his, field, bytes, name] of SCALES) {
    const b = new Bench({ config: { windowScaling: true } }).open();
    b.sent();
    b.inject(`S. 0:0(0) ack 1 win 65535 <${options}>`);
    t.equal(b.tcb.snd.wnd, 65_535, `${name}: of the SYN-ACK`);
    b.inject(`. 1:1(0) ack 1 win ${field}`);
    const info = b.connection.info(b.now);
    t.same([info.rcv_wscale, info.snd_wscale, info.snd_wnd], [own, his, bytes], name);
  }
  t.end();
});

t.test('[MUST-1] a window field of 65,535 is not negative', (t) => {
  const b = new Bench().establish();
  b.inject('. 1:1(0) ack 1 win 65535');
  t.equal(b.tcb.snd.wnd, 65_535);
  t.end();
});

t.test('a shift that was not asked for does not count', (t) => {
  const b = new Bench({ config: { windowScaling: false } });
  b.establish({ options: 'mss 1000,wscale 7' });
  b.inject('. 1:1(0) ack 1 win 1000');
  t.equal(b.tcb.snd.wnd, 1000);
  t.equal(b.tcb.rcv.shift, 0);
  t.end();
});

eachWrap(t, 'timestamps: TSval is the clock behind an offset, TSecr the TS.Recent', (t, make) => {
  const b = make({ config: { timestamps: true }, timestampOffset: -2001 });
  b.openPassive('S 0:0(0) win 65535 <mss 1000,TS val 500 ecr 0>');
  t.match(b.sent(SHOW)[0], 'TS val 4294966295 ecr 500');
  b.now += 1000.75;
  b.inject('P. 1:11(10) ack 1 win 65535 <TS val 1501 ecr 4294966295>');
  b.inject('P. 11:2011(2000) ack 1 win 65535 <TS val 1502 ecr 4294966295>');
  t.match(b.sent(SHOW)[0], 'TS val 4294967295 ecr 1501', 'of the oldest text that is acknowledged');
  b.now += 1;
  b.inject('P. 2011:4011(2000) ack 1 win 65535 <TS val 1503 ecr 4294966295>');
  t.match(b.sent(SHOW)[0], 'TS val 0 ecr 1503', 'and it wraps');
});

eachWrap(t, 'timestamps offered by one end only are not used', (t, make) => {
  const b = make({ config: { timestamps: true } }).establish({ options: 'mss 1000' });
  b.send(10);
  t.same(b.sent(SHOW), ['P. 1:11(10) ack 1 win 65535']);
  const other = make().establish({ options: 'mss 1000,TS val 1 ecr 0' });
  other.send(10);
  t.same(other.sent(SHOW), ['P. 1:11(10) ack 1 win 65535']);
});

eachWrap(t, 'in a simultaneous open each end has what both SYNs had', (t, make) => {
  const b = make({ config: FULL }).open();
  b.sent();
  b.inject('S 0:0(0) win 65535 <mss 1000,wscale 3>');
  t.same(b.sent(SHOW), ['S. 0:0(0) ack 1 win 65535 <mss 1000,nop,wscale 5>']);
  b.inject('. 1:1(0) ack 1 win 100');
  t.equal(b.state, 'ESTABLISHED');
  t.equal(b.tcb.snd.wnd, 800);
  t.equal(b.tcb.ts.on, false);
});
