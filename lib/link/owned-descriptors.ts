/**
 * Has Node close a worker thread's descriptors when it ends, also by `worker.terminate()`, where no
 * JavaScript of the worker runs any more.
 *
 * Node does so for what it has opened itself. A handle of libuv's (`TCP`, but it never reads or
 * writes) takes each of ours over; a guarded port is then free again, and no raw socket goes on
 * collecting packets for nobody. A process that ends needs no such help.
 */
import type { Libc } from './libc';

interface Handle {
  /** @returns 0, or a negative errno */
  open(fd: number): number;
  close(): void;
  unref(): void;
}

type TcpBinding = { TCP: new (type: number) => Handle };

/** The same calls, with `socket` and `close` keeping account. */
export function ownDescriptors(libc: Libc): Libc {
  const owners = new Map<number, Handle>();
  const { TCP } = (process as unknown as { binding(name: string): TcpBinding }).binding('tcp_wrap');
  return {
    ...libc,
    socket(family, type, protocol) {
      const fd = libc.socket(family, type, protocol);
      if (fd < 0) return fd;
      const owner = new TCP(0);
      if (owner.open(fd) === 0) owners.set(fd, owner);
      owner.unref();
      return fd;
    },
    close(fd) {
      const owner = owners.get(fd);
      if (owner === undefined) return libc.close(fd);
      owners.delete(fd);
      owner.close();
      return 0;
    },
  };
}
