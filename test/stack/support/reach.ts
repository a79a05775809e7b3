/**
 * Brings a connection of a stack over a fake link into each state, its last packet still to be
 * seen.
 */
import type { StackOptions } from '../../../types/stack';
import type { TcpState } from '../../../types/tcp';
import type { NotingHandler } from './handler';
import { describePacket, endpointText, packet } from './packet';
import { address, setUp, type TestStack } from './setup';

export const PEER = '10.0.0.2:80';
export const PEER_V6 = '[2001:db8::2]:80';
const LISTENING = 7070;

export interface Reached extends TestStack {
  /** What the user hears; null where there is none. */
  user: NotingHandler | null;
  /** `10.0.0.1:port` of the connection. */
  local: string;
  /** Initial sequence number of ours, as in the packets' text; the peer's is 100. */
  iss: number;
  /** The last packet that went out with text, SYN or FIN, or if nothing is outstanding, the last. */
  last: Uint8Array;
  /** The peer sends. */
  reply(text: string): void;
}

/** Steps behind ESTABLISHED: `<` the peer sends, with our numbers as 0 behind ISS + 1. */
const WAYS: Partial<Record<TcpState, (r: Reached) => void>> = {
  ESTABLISHED: (r) => void r.user!.connection!.send(Buffer.alloc(10)),
  'FIN-WAIT-1': (r) => r.user!.connection!.shutdown(),
  'FIN-WAIT-2': (r) => {
    finWait2(r);
    r.reply(`. 91:101(10) ack ${r.iss + 2} win 1000`); // once more: all that is sent is an ACK
  },
  CLOSING: (r) => {
    r.user!.connection!.shutdown();
    r.turn();
    r.reply(`F. 101:101(0) ack ${r.iss + 1} win 1000`);
  },
  'TIME-WAIT': (r) => {
    finWait2(r);
    r.reply(`F. 101:101(0) ack ${r.iss + 2} win 1000`);
  },
  'CLOSE-WAIT': (r) => {
    r.reply(`F. 101:101(0) ack ${r.iss + 1} win 1000`);
    r.user!.connection!.send(Buffer.alloc(10));
  },
  'LAST-ACK': (r) => {
    r.reply(`F. 101:101(0) ack ${r.iss + 1} win 1000`);
    r.user!.connection!.shutdown();
  },
};

export const SYNCHRONIZED = Object.keys(WAYS) as TcpState[];

function finWait2(r: Reached): void {
  r.user!.connection!.shutdown();
  r.turn();
  r.reply(`. 101:101(0) ack ${r.iss + 2} win 1000`);
  r.link.take(); // the FIN is not outstanding any more
}

/** @param state not CLOSED and not LISTEN, which no connection is in; SYN-RECEIVED is passive */
export function reach(state: TcpState, options: StackOptions = {}, family: 4 | 6 = 4): Reached {
  const plain = { timestamps: false, windowScaling: false, ...options.tcp };
  const own = family === 4 ? '10.0.0.1' : '2001:db8::1';
  const other = family === 4 ? '10.0.0.2' : '2001:db8::2';
  const peer = family === 4 ? PEER : PEER_V6;
  const tools = setUp({ address: own }, { initialSequence: () => 5000, ...options, tcp: plain });
  const reached: Reached = {
    ...tools,
    user: null,
    local: endpointText(address(own), LISTENING),
    iss: 5000,
    last: new Uint8Array(0),
    reply: (text) => {
      tools.link.deliver([packet(peer, reached.local, text)]);
      tools.turn();
    },
  };
  if (state === 'SYN-RECEIVED') {
    tools.listen({ address: address('::'), port: LISTENING });
    reached.reply('S 100:100(0) win 1000 <mss 1460>');
  } else {
    reached.user = tools.connect({ remoteAddress: address(other), remotePort: 80 });
    reached.local = endpointText(address(own), reached.user.connection!.localPort);
    tools.turn();
    if (state !== 'SYN-SENT') {
      reached.reply('S. 100:100(0) ack 5001 win 1000 <mss 1460>');
      WAYS[state]!(reached);
      tools.turn();
    }
  }
  const sent = tools.link.take();
  const isBare = (bytes: Uint8Array) => describePacket(bytes).text.startsWith('. ');
  reached.last = sent.findLast((bytes) => !isBare(bytes)) ?? sent.at(-1)!;
  const found = tools.stack.connections().find(({ remotePort }) => remotePort === 80)?.state;
  if (found !== state) {
    throw new Error(`${found} instead of ${state}; ${describePacket(reached.last).text}`);
  }
  if (reached.user !== null) reached.user.heard.length = 0;
  return reached;
}
