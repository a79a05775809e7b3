/** What a connection tells of itself. */
import t from 'tap';
import { eachWrap } from './bench';

eachWrap(t, 'an exchange in numbers', (t, make) => {
  const b = make({ config: { timestamps: true, windowScaling: true } }).open();
  b.sent();
  b.now += 20;
  b.inject('S. 0:0(0) ack 1 win 65535 <mss 900,wscale 3,TS val 1 ecr 1000>').sent();
  b.send(2000);
  b.sent();
  b.inject('P. 1:51(50) ack 889 win 1000 <TS val 2 ecr 1000>');
  b.inject('P. 101:151(50) ack 889 win 1000 <TS val 2 ecr 1000>').sent();
  b.now += 7;
  const info = b.connection.info(b.now);
  t.match(info, {
    state: 'ESTABLISHED',
    snd_mss: 888,
    rcv_mss: 536,
    snd_wnd: 8000,
    snd_wscale: 3,
    rcv_wscale: 5,
    unacked: 888,
    notsent_bytes: 224,
    backoff: 0,
    total_retrans: 0,
    bytes_acked: 888,
    bytes_received: 50,
    bytes_sent: 1776,
    bytes_retrans: 0,
    segs_in: 3,
    data_segs_out: 2,
    data_segs_in: 2,
    rcv_ooopack: 1,
    last_data_recv: 7,
    last_data_sent: 7,
    timestamps: true,
    ecn: false,
    sndbuf: 524_288,
    rcvbuf: 1_048_576,
  });
  t.equal(info.segs_out, 5, 'SYN, ACK, two of text, and one duplicate ACK');
  t.equal(info.snd_cwnd, b.tcb.cc.cwnd);
  t.equal(info.rcv_wnd, b.tcb.rcv.wnd);
});

eachWrap(t, 'repetitions in numbers', (t, make) => {
  const b = make().establish();
  b.send(1500);
  b.sent();
  b.advance(600);
  const info = b.connection.info(b.now);
  t.equal(info.total_retrans, 2);
  t.equal(info.bytes_retrans, 2000);
  t.equal(info.bytes_sent, 3000, 'all that left, repetitions too');
  t.equal(info.backoff, 2);
  t.equal(info.rto, 800);
});

eachWrap(t, 'before the handshake is over nothing is known', (t, make) => {
  const b = make().open();
  b.sent();
  b.send(10);
  const info = b.connection.info(b.now);
  t.ok(Number.isNaN(info.rtt));
  t.equal(info.notsent_bytes, 10);
  t.equal(info.unacked, 1, 'the SYN');
  t.equal(info.state, 'SYN-SENT');
});

eachWrap(t, 'a FIN is no byte', (t, make) => {
  const b = make().establish();
  b.send(10);
  b.shutdown().sent();
  t.equal(b.connection.info(b.now).notsent_bytes, 0);
  t.equal(b.connection.info(b.now).unacked, 11);
  b.inject('. 1:1(0) ack 12 win 65535');
  t.equal(b.connection.info(b.now).bytes_acked, 10);
  t.equal(b.connection.info(b.now).unacked, 0);
});
