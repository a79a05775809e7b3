'use strict';
// A congestion controller of one's own, in forty lines: AIMD that takes back a tenth at a loss instead of half.
// Two hosts are joined by a function that loses every hundredth packet and takes 20 ms each way.
//
//   node examples/own-controller.js

const { PacketLink, Stack, createNet, registerCongestionControl } = require('usernet');

class Tenth {
  name = 'tenth';
  cwnd = 0;
  ssthresh = 2 ** 30 - 1;
  mss = 0;
  counted = 0;

  initialize(mss, initialWindowSegments) {
    this.mss = mss;
    this.cwnd = mss * initialWindowSegments;
  }

  handleAck(acked, limited) {
    if (!limited) return; // the window was not what held the sender back
    if (this.cwnd < this.ssthresh) {
      this.cwnd += acked; // slow start
      return;
    }
    this.counted += acked;
    if (this.counted < this.cwnd) return;
    this.counted -= this.cwnd;
    this.cwnd += this.mss; // one segment for each window that has arrived
  }

  handleLoss() {
    this.ssthresh = Math.max(Math.floor(this.cwnd * 0.9), 2 * this.mss);
    this.cwnd = this.ssthresh;
  }

  handleTimeout(flight, first) {
    if (first) this.ssthresh = Math.max(flight >> 1, 2 * this.mss);
    this.cwnd = this.mss;
  }

  handleMssChange(mss) {
    this.mss = mss;
    this.cwnd = Math.max(this.cwnd, mss);
  }

  handleIdle() {}
}

registerCongestionControl('tenth', () => new Tenth());

let count = 0;
const carry = (to) => (packet) => {
  if (++count % 100 !== 0) setTimeout(() => to().receive(packet), 20);
};
const west = new PacketLink({ addresses: '10.0.0.1', send: carry(() => east) });
const east = new PacketLink({ addresses: '10.0.0.2', send: carry(() => west) });
const westNet = createNet(new Stack({ links: [west] }));
const eastNet = createNet(new Stack({ links: [east] }));

async function measure(congestionControl) {
  const server = eastNet.createServer((socket) => socket.resume().on('end', () => socket.end()));
  await new Promise((resolve) => server.listen(80, '10.0.0.2', resolve));
  const started = process.hrtime.bigint();
  const socket = westNet.connect({ port: 80, host: '10.0.0.2', congestionControl });
  socket.resume();
  socket.end(Buffer.alloc(1_000_000));
  await new Promise((resolve) => socket.on('close', resolve));
  server.close();
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  console.log(`${congestionControl.padEnd(6)} ${(1 / seconds).toFixed(2)} MB/s`);
}

(async () => {
  for (const name of ['reno', 'cubic', 'tenth', 'bbr']) await measure(name);
})();
