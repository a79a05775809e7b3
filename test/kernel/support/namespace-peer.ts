/**
 * A kernel in a namespace of its own as the peer of all tests of a file: prepared before the first
 * of them, gone after the last.
 */
import t from 'tap';
import { RawLink } from '../../../lib/link/raw-link';
import { Capture } from './capture';
import { Namespace } from './namespace';
import { PeerProcess } from './peer-process';
import { findLack, kernelTest, type Need } from './requirements';
import { Rig } from './rig';
import { callPeer, type Scenario, servePeer } from './scenarios';

export const NAMESPACE_NEEDS: Need[] = ['raw', 'namespace'];

export class NamespacePeer {
  space!: Namespace;
  /** Of everything between both, from the first test to the last. */
  whole!: Capture;
  peer!: PeerProcess;
  readonly #family: 4 | 6;

  constructor(family: 4 | 6) {
    this.#family = family;
    t.before(async () => {
      if (NAMESPACE_NEEDS.some((need) => findLack(need) !== null)) return;
      this.space = new Namespace();
      this.whole = new Capture(this.#ours, this.space.device);
      this.peer = await PeerProcess.start('kernel', this.space.name);
    });
    t.teardown(async () => {
      await this.peer?.stop();
      this.whole?.close();
      this.space?.remove();
    });
  }

  /** Runs each of them both ways, as tests of their own. */
  meet(scenarios: readonly Scenario[]): void {
    for (const scenario of scenarios) {
      kernelTest(`usernet calls the namespace: ${scenario.name}`, NAMESPACE_NEEDS, async (t) => {
        const rig = this.rig();
        await callPeer(t, rig.net, this.peer, this.#theirs, scenario);
        await rig.finish(t);
      });

      kernelTest(`the namespace calls usernet: ${scenario.name}`, NAMESPACE_NEEDS, async (t) => {
        const rig = this.rig();
        await servePeer(t, rig.net, this.peer, this.#ours, scenario);
        await rig.finish(t);
      });
    }
  }

  rig(): Rig {
    return new Rig(new RawLink(), this.#ours, this.space.device);
  }

  get #ours(): string {
    return this.#family === 4 ? this.space.address : this.space.address6;
  }

  get #theirs(): string {
    return this.#family === 4 ? this.space.peerAddress : this.space.peerAddress6;
  }
}
