'use strict';
// Two hosts on an Ethernet that is nothing but a function: every frame goes to every other card. In the
// place of one of them there could be a virtual machine in this process, such as v86:
//
//   emulator.add_listener('net0-send', (frame) => link.receive(frame));
//   carrier: { send: (frame) => emulator.bus.send('net0-receive', frame) }
//
//   node examples/ethernet-frames.js

const { Stack, createEthernetLink, createNet } = require('usernet');

const cards = new Map();

function plugIn(name, mac, addresses) {
  const send = (frame) => {
    console.log(`${name.padEnd(4)} ${describe(frame)}`);
    for (const [other, card] of cards) {
      if (other !== name) setImmediate(() => card.receive(frame));
    }
  };
  const link = createEthernetLink({ carrier: { send }, mac, addresses, name });
  cards.set(name, link);
  return { link, net: createNet(new Stack({ links: [link] })) };
}

function describe(frame) {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  const kind = { 2048: 'IPv4', 2054: 'ARP', 34525: 'IPv6' }[bytes.readUInt16BE(12)];
  const mac = (at) => bytes.toString('hex', at, at + 6).replace(/(..)(?=.)/g, '$1:');
  return `${mac(6)} > ${mac(0)}  ${kind}, ${bytes.length} bytes`;
}

async function main() {
  const east = plugIn('east', '02:00:00:00:00:0e', '10.0.0.1/24');
  const west = plugIn('west', '02:00:00:00:00:03', '10.0.0.2/24');
  // Nobody else has these addresses: that was asked first.
  await Promise.all([east.link.whenReady(), west.link.whenReady()]);

  const server = east.net.createServer((socket) => socket.end('good morning from the east\n'));
  server.listen(80, '10.0.0.1', () => {
    const socket = west.net.connect(80, '10.0.0.1');
    socket.setEncoding('utf8');
    socket.on('data', (text) => console.log(`west read: ${text.trim()}`));
    socket.on('close', () => {
      console.log('west knows', west.link.neighbours());
      server.close();
    });
  });
}

main();
