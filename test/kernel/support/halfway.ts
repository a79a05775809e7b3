/** Something to do in the middle of a transfer. */
import type { Socket } from 'node:net';
import type { NetLike } from './conversation';

/**
 * A `net` whose first connection is seen: `passed` is called once, in the middle, when so many
 * bytes were written and as many more are to come, or were read.
 */
export function halfway(net: NetLike, bytes: number, passed: () => void): NetLike {
  let left = bytes;
  const count = (length: number): void => {
    const before = left;
    left -= length;
    if (before > 0 && left <= 0) passed();
  };
  const watch = (socket: Socket): Socket => {
    const write = socket.write.bind(socket) as (chunk: Uint8Array) => boolean;
    socket.write = ((chunk: Uint8Array) => {
      count(chunk.length);
      return write(chunk);
    }) as typeof socket.write;
    socket.on('data', (chunk) => count(chunk.length));
    return socket;
  };
  return {
    connect: (options) => watch(net.connect(options)),
    createServer: (options) => net.createServer(options).prependListener('connection', watch),
  };
}
