/** Ways into every state of the engine, by the shortest exchange, with nothing left to send or report. */
import { assert } from '../../lib/support/assert';
import type { TcpState } from '../../types/tcp';
import type { Bench } from './bench';

/** An engine is never in LISTEN: a listener is something else. */
export type Reachable = Exclude<TcpState, 'LISTEN'>;

const WAYS: Readonly<Record<Reachable, (b: Bench) => void>> = {
  CLOSED: () => {},
  'SYN-SENT': (b) => void b.open().sent(),
  'SYN-RECEIVED': (b) => void b.openPassive('S 0:0(0) win 65535 <mss 1000>').sent(),
  ESTABLISHED: (b) => void b.establish(),
  'FIN-WAIT-1': (b) => void b.establish().shutdown().sent(),
  'FIN-WAIT-2': (b) => {
    b.establish().shutdown().sent();
    b.inject('. 1:1(0) ack 2 win 65535');
  },
  'CLOSE-WAIT': (b) => void b.establish().inject('F. 1:1(0) ack 1 win 65535').sent(),
  CLOSING: (b) => {
    b.establish().shutdown().sent();
    b.inject('F. 1:1(0) ack 1 win 65535').sent();
  },
  'LAST-ACK': (b) => {
    b.establish().inject('F. 1:1(0) ack 1 win 65535').sent();
    b.shutdown().sent();
  },
  'TIME-WAIT': (b) => {
    b.establish().shutdown().sent();
    b.inject('F. 1:1(0) ack 2 win 65535').sent();
  },
};

export const REACHABLE = Object.keys(WAYS) as readonly Reachable[];

/** States in which both SYNs have been acknowledged. */
export const SYNCHRONIZED: readonly Reachable[] = REACHABLE.slice(REACHABLE.indexOf('ESTABLISHED'));

/** Takes a new bench into `state`. */
export function reach(b: Bench, state: Reachable): Bench {
  WAYS[state](b);
  b.events();
  assert(b.state === state, 'the state is reached');
  return b;
}
