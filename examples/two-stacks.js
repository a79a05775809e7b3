'use strict';
// Two TCPs in one process, joined by nothing but two functions: each hands its packets to the other. The
// same two functions could be a WebRTC channel, a WireGuard tunnel or a file.
//
//   node examples/two-stacks.js

const { PacketLink, Stack, createNet } = require('usernet');

const west = new PacketLink({
  addresses: '10.0.0.1',
  send: (packet) => setImmediate(() => east.receive(packet)),
});
const east = new PacketLink({
  addresses: '10.0.0.2',
  send: (packet) => setImmediate(() => west.receive(packet)),
});

const westNet = createNet(new Stack({ links: [west] }));
const eastStack = new Stack({ links: [east] });
const eastNet = createNet(eastStack);

eastStack.on('segment', ({ direction, text, stateAfter }) => {
  console.log(`east ${direction.padEnd(3)} ${text.padEnd(64)} ${stateAfter}`);
});

const server = eastNet.createServer((socket) => socket.end('good morning from the east\n'));
server.listen(80, '10.0.0.2', () => {
  const socket = westNet.connect(80, '10.0.0.2');
  socket.setEncoding('utf8');
  socket.on('data', (text) => console.log(`west read: ${text.trim()}`));
  socket.on('close', () => server.close());
});
