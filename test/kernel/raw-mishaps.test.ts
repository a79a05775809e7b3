/** The raw link and the kernel: refused ports, and deaths in the middle of a stream, both ways. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as nodeNet from 'node:net';
import { RawLink } from '../../lib/link/raw-link';
import type { IpAddress } from '../../lib/wire/ip-address';
import type { PortClaim } from '../../types/link';
import * as mishaps from './support/mishaps';
import { checkRecorded } from './support/recorder';
import { kernelTest } from './support/requirements';
import { HOST, Rig } from './support/rig';
import { until, within } from './support/within';

kernelTest('the kernel refuses a usernet client', ['raw'], (t) =>
  mishaps.refusedByKernel(t, new RawLink()),
);
kernelTest('usernet refuses a client of the kernel', ['raw'], (t) =>
  mishaps.refusedByUsernet(t, new RawLink()),
);
kernelTest('a usernet client resets: the kernel server sees it', ['raw'], (t) =>
  mishaps.resetByUsernet(t, new RawLink()),
);
kernelTest('a kernel server is killed: the usernet client sees a reset', ['raw'], (t) =>
  mishaps.kernelServerKilled(t, new RawLink()),
);
kernelTest('a kernel client is killed: the usernet server sees a reset', ['raw'], (t) =>
  mishaps.kernelClientKilled(t, new RawLink()),
);
kernelTest('a usernet server is killed: the kernel client sees a reset', ['raw'], (t) =>
  mishaps.usernetServerKilled(t, 'raw'),
);
kernelTest('a usernet client is killed: the kernel server sees a reset', ['raw'], (t) =>
  mishaps.usernetClientKilled(t, 'raw'),
);

/** Notes when packets are written and sent, and when a port is the host's again. */
class WatchedLink extends RawLink {
  readonly log: string[] = [];

  override claimPort(address: IpAddress, port: number): PortClaim {
    const claim = super.claimPort(address, port);
    const release = (): void => {
      this.log.push('release');
      claim.release();
    };
    return { port: claim.port, release };
  }

  override commit(length: number): void {
    this.log.push('commit');
    super.commit(length);
  }

  override flush(): void {
    this.log.push('flush');
    super.flush();
  }
}

kernelTest('a port is guarded until the last segment has left', ['raw'], async (t) => {
  const link = new WatchedLink();
  const rig = new Rig(link);
  const server = nodeNet
    .createServer((socket) => socket.resume().on('error', () => {}))
    .listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = rig.net.connect({ port, host: HOST, allowHalfOpen: false });
  await within(2000, 'connect', once(socket, 'connect'));
  socket.resetAndDestroy();
  await until(2000, 'release of the port', () => link.log.includes('release'));
  t.same(link.log.slice(link.log.lastIndexOf('commit')), ['commit', 'flush', 'release']);
  server.close();
  await rig.finish(t, { resetsOut: 1, resets: new RegExp(` > ${HOST}:${port}$`) });
});

checkRecorded();
