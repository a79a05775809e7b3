/**
 * Why the stack had no use for a packet, in words: read off the counters, one of which goes up for
 * each packet. For captures; costs nothing where nobody asks.
 */
import { type Counters, INBOUND_FATES, type InboundFate } from './counters';

/** Of these a packet has done what it came for. */
const USED: ReadonlySet<InboundFate> = new Set<InboundFate>([
  'tcpToConnection',
  'tcpOpened',
  'synCookiesSent',
  'synCookiesReceived',
  'icmpEchoed',
  'icmpToConnection',
]);

/** The others by their counters' names, unless there is more to say. */
const WORDS: Partial<Record<InboundFate, string>> = {
  tcpRefused: 'refused with a reset: no such port',
  tcpStray: 'dropped: a reset for no connection',
  tcpListenReset: 'refused with a reset: an ACK to a listener',
  tcpListenFull: 'dropped: the SYN queue is full',
  tcpBacklogFull: 'dropped: the accept queue is full',
  tcpConnectionLimit: 'dropped: no room for another connection',
  tcpForeign: "not ours: the port is the host's",
  ipFragments: 'kept until the other fragments come',
  ipFragmentsRefused: 'dropped: a fragment that does not fit, or one too many',
  tcpLand: 'dropped: from itself to itself',
  icmpPathMtuKnown: 'nothing new: that path MTU is known',
  icmpNoConnection: 'dropped: about no connection of ours',
  icmpNotPlausible: 'dropped: about nothing outstanding, perhaps forged',
};

export class DropReasons {
  readonly #counters: Counters;
  readonly #before = new Float64Array(INBOUND_FATES.length);

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** Before a packet is received … */
  begin(): void {
    for (let i = 0; i < INBOUND_FATES.length; i++) {
      this.#before[i] = this.#counters[INBOUND_FATES[i]];
    }
  }

  /** … and after it. @returns null: it was of use */
  end(): string | null {
    const fate = INBOUND_FATES.find((name, i) => this.#counters[name] !== this.#before[i]);
    if (fate === undefined || USED.has(fate)) return null;
    return WORDS[fate] ?? `dropped: ${inWords(fate)}`;
  }
}

/** 'tcpBadChecksum': 'bad checksum (tcp)'. */
function inWords(fate: string): string {
  const [room, ...words] = fate.split(/(?=[A-Z0-9][a-z]*)/);
  return `${words.join(' ').toLowerCase()} (${room})`;
}
