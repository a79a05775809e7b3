'use strict';
// An http server whose TCP runs in this process, down to the segments. The first line is all there
// is to it; `node -r usernet/register server.js` does the same for a program as it is.
//
//   sudo node examples/http-server.js [port]        then:  curl http://127.0.0.1:8080/

require('usernet/register');
const http = require('node:http');

const port = Number(process.argv[2] ?? 8080);

const server = http.createServer((request, response) => {
  const { socket } = request;
  const { rtt: rttMs, snd_cwnd: congestionWindowBytes } = socket.tcpInfo();
  response.setHeader('content-type', 'application/json');
  response.end(
    `${JSON.stringify({
      from: `${socket.remoteAddress}:${socket.remotePort}`,
      state: socket.state,
      rttMs,
      congestionWindowBytes,
    })}\n`,
  );
});

server.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});

server.listen(port, '127.0.0.1', () => {
  const { address, port } = server.address();
  console.log(`http server on ${address}:${port}; try: curl http://${address}:${port}/`);
});

process.once('SIGINT', () => process.exit());
