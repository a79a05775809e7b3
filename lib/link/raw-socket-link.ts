/**
 * The raw link over the npm package `raw-socket` (node-raw-socket) instead of koffi's recv and
 * send: slower, but other code, so that each checks the other. Linux, main thread, IPv4,
 * CAP_NET_RAW.
 *
 * Port guards and routes are the raw link's own and still need koffi. The package cannot
 * unreference its descriptor: an unreferenced link stops polling it and looks every 10 ms instead,
 * on a timer that keeps nothing alive.
 */
import type { Socket } from 'raw-socket';
import type { LinkHost } from '../../types/link';
import type { BpfProgram } from './bpf-program';
import { HostLink, type HostTransmitter } from './host-link';
import type { HostPorts } from './host-ports';
import { type Libc, loadLibc } from './libc';
import { loadTcpPort } from './port-filter';
import { type RawLinkOptions, readRawLinkOptions } from './raw-link-options';
import { isTemporary, openRawSocket, putFilter, socketError } from './raw-socket-opener';
import { RawSocketReceiver } from './raw-socket-receiver';
import { RawSocketTransmitter } from './raw-socket-transmitter';
import { receiveArrived } from './receive-arrived';

/** How often an unreferenced link looks for packets, in ms. */
const UNREFERENCED_POLL_MS = 10;

export class RawSocketLink extends HostLink {
  readonly name = 'raw-socket';

  readonly #options: Required<RawLinkOptions>;
  /** The package closes a socket that nobody holds. */
  #socket: Socket | null = null;
  #receiver: RawSocketReceiver | null = null;
  #transmitter: RawSocketTransmitter | null = null;
  /** What the package has read, and nobody has looked at yet. */
  readonly #waiting: Uint8Array[] = [];
  /** Present while the link is unreferenced. */
  #timer: NodeJS.Timeout | null = null;

  /** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
  constructor(options: RawLinkOptions = {}) {
    super();
    this.#options = readRawLinkOptions(options);
  }

  protected override get namespace(): string {
    return this.#options.namespace;
  }

  /** @returns true, or what is missing and how to get it */
  static available(): true | string {
    try {
      loadLibc();
      openRawSocket().close();
      return true;
    } catch (error) {
      return (error as Error).message;
    }
  }

  protected openSocket(libc: Libc, host: LinkHost, ports: HostPorts): HostTransmitter {
    const socket = openRawSocket(this.#options);
    this.#socket = socket;
    const put = (program: BpfProgram) => putFilter(socket, program.head(libc));
    ports.filter.attachBy(put, loadTcpPort, socket);
    this.#receiver = new RawSocketReceiver(socket, ports, this.counters, host);
    this.#transmitter = new RawSocketTransmitter(socket, this.counters, {
      handleRoom: () => host.writable(),
      handleRefused: (...packet) => host.sendFailed?.(...packet),
    });
    socket.on('message', this.#handleMessage);
    socket.on('error', (error) => this.#handleError(error));
    return this.#transmitter;
  }

  protected stopReceiving(): void {
    this.#stopTimer();
    this.#socket?.pauseRecv();
  }

  protected closeSocket(): void {
    this.#stopTimer();
    this.#receiver?.dispose();
    this.#transmitter?.dispose();
    this.#socket?.close();
    this.#socket = this.#receiver = this.#transmitter = null;
    this.#waiting.length = 0;
  }

  receiveNow(): void {
    receiveArrived(this.counters, this.#receive);
  }

  /** Referenced at first. */
  ref(): void {
    if (this.#timer === null) return;
    this.#stopTimer();
    this.#socket?.resumeRecv();
  }

  unref(): void {
    if (this.#timer !== null || this.#socket === null) return;
    this.#socket.pauseRecv();
    this.#timer = setInterval(this.#receive, UNREFERENCED_POLL_MS);
    this.#timer.unref();
  }

  /**
   * As with the raw link, an immediate gives listeners a callback scope, which the package does
   * not. It uses its buffer again, and takes what a listener throws for an error of the socket.
   */
  readonly #handleMessage = (packet: Uint8Array): void => {
    this.#waiting.push(Buffer.from(packet));
    setImmediate(this.#receive);
  };

  /** Once for each packet that the package has read, which it does one by one, or without one. */
  readonly #receive = (): void => {
    this.#receiver?.handleReadable(this.#waiting.shift() ?? null);
    // Receiving starves the package's own word of room to send.
    this.#transmitter?.handleWritable();
  };

  #handleError(error: Error): void {
    if (!isTemporary(error)) this.host?.failed(socketError(error));
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
