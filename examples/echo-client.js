'use strict';
// Sends its arguments to an echo server, a line each, and prints what comes back.
//
//   node examples/echo-client.js 7007 hello world

const net = require('usernet');

const [port = '7007', ...lines] = process.argv.slice(2);
if (lines.length === 0) lines.push('hello');

const socket = net.connect(Number(port), '127.0.0.1', () => {
  console.log(`connected from port ${socket.localPort}`);
  for (const line of lines) socket.write(`${line}\n`);
  socket.end();
});

socket.setEncoding('utf8');
socket.on('data', (text) => process.stdout.write(text));
socket.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
socket.on('close', () => console.log(`closed: ${socket.bytesWritten} out, ${socket.bytesRead} in`));
