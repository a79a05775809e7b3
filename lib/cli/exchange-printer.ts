/**
 * Prints a connection as it happens: one line a segment, with the states of both ends beside it.
 */

import type { TcpState } from '../../types/tcp';
import type { SegmentEvent } from '../stack/segment-trace';

const TEXT_COLUMNS = 62;
const STATE_COLUMNS = 13;

export interface PrinterOptions {
  serverPort: number;
  /** State of the client's end, where the client is not in this process. */
  clientState?: (clientPort: number) => TcpState;
  print: (line: string) => void;
}

export class ExchangePrinter {
  readonly #options: PrinterOptions;
  readonly #states = new Map<number, TcpState>();
  #startedAt = Number.NaN;

  constructor(options: PrinterOptions) {
    this.#options = options;
  }

  heading(): void {
    const client = 'client'.padEnd(STATE_COLUMNS);
    this.#options.print(
      `${' '.repeat(9)}  ${client} segment${' '.repeat(TEXT_COLUMNS - 4)} server`,
    );
  }

  handleSegment(event: SegmentEvent): void {
    const { serverPort } = this.#options;
    this.#states.set(event.localPort, event.stateAfter);
    if (event.localPort !== serverPort && event.remotePort !== serverPort) return;
    // Inside one stack a segment leaves and arrives: it is told when it arrives.
    if (event.inside && event.direction === 'out') return;
    if (Number.isNaN(this.#startedAt)) this.#startedAt = event.at;
    const isServer = event.localPort === serverPort;
    const clientPort = isServer ? event.remotePort : event.localPort;
    const toServer = isServer === (event.direction === 'in');
    const arrow = toServer ? '──▶' : '◀──';
    const client = this.#clientState(clientPort, event);
    const server = isServer ? event.stateAfter : this.#stateOf(serverPort);
    const at = `${(event.at - this.#startedAt).toFixed(2)} ms`.padStart(10);
    const text = `${arrow} ${shorten(event.text)}`.padEnd(TEXT_COLUMNS + 4);
    this.#options.print(`${at} ${client.padEnd(STATE_COLUMNS)} ${text} ${server}`);
  }

  #clientState(port: number, event: SegmentEvent): TcpState {
    return event.inside || this.#options.clientState === undefined
      ? this.#stateOf(port)
      : this.#options.clientState(port);
  }

  #stateOf(port: number): TcpState {
    return this.#states.get(port) ?? 'CLOSED';
  }
}

/** Options are for those who ask: the line stays readable without the timestamps' numbers. */
function shorten(text: string): string {
  const short = text.replace(/(nop,)?(nop,)?TS val \d+ ecr \d+/, 'TS').replace(' <TS>', '');
  return short.length > TEXT_COLUMNS ? `${short.slice(0, TEXT_COLUMNS - 1)}…` : short;
}
