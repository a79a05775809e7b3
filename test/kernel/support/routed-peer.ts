/**
 * A kernel behind a router as the peer of all tests of a file: prepared before the first of them, gone
 * after the last.
 */
import t from 'tap';
import { PeerProcess } from './peer-process';
import { findLack, type Need } from './requirements';
import { RoutedPath } from './routed-path';

export class RoutedPeer {
  path!: RoutedPath;
  peer!: PeerProcess;

  constructor(needs: readonly Need[]) {
    t.before(async () => {
      if (needs.some((need) => findLack(need) !== null)) return;
      this.path = new RoutedPath();
      this.peer = await PeerProcess.start('kernel', this.path.far);
    });
    t.teardown(async () => {
      await this.peer?.stop();
      this.path?.remove();
    });
  }
}
