/**
 * IP over raw sockets of the host's kernel (raw(7)): the host's own addresses, a TCP of our own.
 *
 * The kernel hands a raw socket a copy of every TCP packet that reaches the host and sends what it
 * is given, header and all. A guard on each claimed port keeps the kernel's own TCP from answering.
 * Works on Linux with CAP_NET_RAW.
 */
import type { Link, LinkHost } from '../../types/link';
import type { NetworkErrorCode } from '../support/network-error';
import { systemError } from './errno';
import { HostLink, type HostTransmitter } from './host-link';
import type { HostPorts } from './host-ports';
import { type Libc, loadLibc, type PollHandle, type PollOptions } from './libc';
import { loadTcpPort } from './port-filter';
import { openRawDescriptor, resizeBuffers } from './raw-descriptor';
import { type RawLinkOptions, readRawLinkOptions } from './raw-link-options';
import { RawReceiver } from './raw-receiver';
import { RawTransmitter } from './raw-transmitter';
import { Raw6Socket } from './raw6-socket';
import { receiveArrived } from './receive-arrived';

const READABLE: PollOptions = { readable: true, writable: false };
const BOTH: PollOptions = { readable: true, writable: true };

export class RawLink extends HostLink {
  readonly name = 'raw';

  readonly commitText: Link['commitText'];
  readonly #options: Required<RawLinkOptions>;
  #libc: Libc | null = null;
  #fd = -1;
  #receiver: RawReceiver | null = null;
  #transmitter: RawTransmitter | null = null;
  /** koffi stops the events of a handle that nobody holds; closed, it must not be touched. */
  #poll: PollHandle | null = null;
  /** Null where the host has no IPv6. */
  #raw6: Raw6Socket | null = null;

  /** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
  constructor(options: RawLinkOptions = {}) {
    super();
    this.#options = readRawLinkOptions(options);
    this.commitText = (headerBytes, textAt, textLength, moreAt, moreLength) => {
      this.#transmitter?.commitText(headerBytes, textAt, textLength, moreAt, moreLength);
    };
  }

  protected override get namespace(): string {
    return this.#options.namespace;
  }

  /** @returns true, or what is missing and how to get it */
  static available(): true | string {
    try {
      const libc = loadLibc();
      libc.close(openRawDescriptor(libc));
      return true;
    } catch (error) {
      return (error as Error).message;
    }
  }

  protected openSocket(libc: Libc, host: LinkHost, ports: HostPorts): HostTransmitter {
    this.#libc = libc;
    this.#fd = openRawDescriptor(libc);
    const { receiveBufferBytes, sendBufferBytes } = this.#options;
    resizeBuffers(libc, this.#fd, receiveBufferBytes, sendBufferBytes);
    ports.filter.attach(this.#fd, loadTcpPort);
    const accepts = (offset: number, length: number) => ports.accepts(offset, length);
    this.#receiver = new RawReceiver(libc, this.#fd, accepts, this.counters, host);
    this.#raw6 = Raw6Socket.open(libc, ports, this.counters, host, {
      handleRoom: () => this.#sendMore(),
      handleFailure: (error) => this.handleFailure(error),
    });
    ports.ipv6 = this.#raw6 === null ? 'missing' : 'carried';
    const fd6 = this.#raw6?.fd ?? -1;
    this.#transmitter = new RawTransmitter(libc, this.#fd, fd6, this.counters, this);
    this.#poll = libc.poll(this.#fd, READABLE, this.#handlePoll);
    return this.#transmitter;
  }

  protected stopReceiving(): void {
    this.#raw6?.stopReceiving();
    this.#poll?.close();
    this.#poll = null;
  }

  protected closeSocket(): void {
    this.stopReceiving();
    this.#receiver?.dispose();
    this.#transmitter?.dispose();
    if (this.#fd >= 0) this.#libc?.close(this.#fd);
    this.#raw6?.close();
    this.#receiver = this.#transmitter = this.#raw6 = null;
    this.#fd = -1;
  }

  receiveNow(): void {
    receiveArrived(this.counters, this.#receive);
    this.#raw6?.receiveNow();
  }

  /** Referenced at first. */
  ref(): void {
    this.#poll?.ref();
    this.#raw6?.ref();
  }

  unref(): void {
    this.#poll?.unref();
    this.#raw6?.unref();
  }

  /** The transmitter waits until the kernel has room again. */
  handleBlocked(isIpv6: boolean): void {
    if (isIpv6) this.#raw6?.awaitRoom();
    else this.#poll?.start(BOTH, this.#handlePoll);
  }

  handleRefused(offset: number, length: number, code: NetworkErrorCode): void {
    this.host?.sendFailed?.(offset, length, code);
  }

  /** The descriptor is broken: it would stay readable or writable for ever. */
  handleFailure(error: Error): void {
    this.stopReceiving();
    this.host?.failed(error);
  }

  /**
   * koffi calls outside of Node's callback scopes. Whatever a listener sets off in native code
   * there (the HTTP parser, say) would run ticks in the middle of ours, and abort the process from
   * inside an async resource. An immediate has its scope, still comes in this turn of the event
   * loop, and what a listener throws is uncaught there; koffi would stop the loop without a word.
   */
  readonly #handlePoll = (status: number, events: PollOptions): void => {
    setImmediate(this.#handleEvents, status, events);
  };

  readonly #handleEvents = (status: number, events: PollOptions): void => {
    if (status < 0) this.handleFailure(systemError(-status, 'poll of a raw socket'));
    if (events.readable) this.#receive();
    if (events.writable) this.#sendMore();
  };

  readonly #receive = (): void => {
    if (this.#poll === null) return;
    const error = this.#receiver?.handleReadable() ?? 0;
    if (error !== 0) this.handleFailure(systemError(error, 'receive on a raw socket'));
  };

  #sendMore(): void {
    const transmitter = this.#transmitter;
    if (transmitter === null) return;
    const hasRoom = transmitter.handleWritable();
    if (!transmitter.blocked) this.#poll?.start(READABLE, this.#handlePoll);
    if (hasRoom) this.host?.writable();
  }
}
