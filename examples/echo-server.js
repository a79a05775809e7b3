'use strict';
// An echo server. Nothing in it is special: with require('node:net') it runs just the same.
//
//   node examples/echo-server.js [port]        then:  nc 127.0.0.1 7007

const net = require('usernet');

const port = Number(process.argv[2] ?? 7007);

const server = net.createServer((socket) => {
  const peer = `${socket.remoteAddress}:${socket.remotePort}`;
  console.log(`${peer} connected`);
  socket.on('error', (error) => console.log(`${peer} failed: ${error.message}`));
  socket.on('close', () => console.log(`${peer} closed after ${socket.bytesRead} bytes`));
  socket.pipe(socket);
});

server.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});

server.listen(port, '127.0.0.1', () => {
  const { address, port } = server.address();
  console.log(`echo server on ${address}:${port}; try: nc ${address} ${port}`);
});

process.once('SIGINT', () => process.exit());
