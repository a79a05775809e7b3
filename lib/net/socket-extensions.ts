/**
 * What a Socket has beyond `node:net`, or before the Node it runs on has it: the TCP beneath, seen
 * and tuned. Described in api.ts, `SocketExtras`.
 *
 * A class between Duplex and the methods of a Socket, declared and shared like those
 * (socket-methods.ts). What is chosen before there is a connection waits for it.
 */
import { Duplex } from 'node:stream';
import type { TcpInfo, TcpState } from '../../types/tcp';
import type { KeepAliveOptions, SocketExtras } from './api';
import { invalidArgType } from './argument-errors';
import type { SocketHandle } from './socket-handle';
import { inside, ownInside, type SocketInside } from './socket-inside';
import { setSocketKeepAlive } from './socket-options';
import { markUrgent, type WriteCallback } from './socket-writer';
import { applyChoices, choose, joinChoices, NO_CHOICES, type TcpChoices } from './tcp-choices';

export class SocketExtensions extends Duplex implements SocketExtras {
  declare _handle: SocketHandle | null;
  declare [inside]: Readonly<SocketInside>;

  get state(): TcpState {
    return this._handle?.connection?.state ?? 'CLOSED';
  }

  tcpInfo(): TcpInfo | null {
    return this._handle?.connection?.info() ?? null;
  }

  get urgentBytes(): number {
    return this._handle?.connection?.urgentBytes ?? 0;
  }

  sendUrgent(chunk: string | Uint8Array, callback?: WriteCallback): boolean {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) {
      throw invalidArgType('chunk', ['string', 'Buffer', 'Uint8Array'], chunk);
    }
    // A view of its own, by which it is known again when its turn comes.
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : viewOf(chunk);
    if (bytes.length > 0) markUrgent(bytes);
    return this.write(bytes, callback);
  }

  setKeepAlive(
    enable?: boolean | KeepAliveOptions,
    initialDelayMs?: number,
    intervalMs?: number,
    count?: number,
  ): this {
    if (typeof enable === 'object' && enable !== null) {
      const { initialDelay, interval } = enable;
      setSocketKeepAlive(this, enable.enable, initialDelay, interval, enable.count);
    } else {
      setSocketKeepAlive(this, enable, initialDelayMs, intervalMs, count);
    }
    return this;
  }

  setUserTimeout(timeoutMs: number): this {
    return this._choose(choose('userTimeout', timeoutMs, 'timeoutMs'));
  }

  setLinger(seconds: number | false): this {
    return this._choose(choose('linger', seconds, 'seconds'));
  }

  setTypeOfService(tos: number): this {
    return this._choose(choose('typeOfService', tos, 'tos'));
  }

  getTypeOfService(): number {
    return this[inside].choices.tuning?.trafficClass ?? 0;
  }

  setTrafficClass(trafficClass: number): this {
    return this._choose(choose('typeOfService', trafficClass, 'trafficClass'));
  }

  setHopLimit(hopLimit: number): this {
    return this._choose(choose('hopLimit', hopLimit, 'hopLimit'));
  }

  setQuickAck(enable: boolean): this {
    return this._choose(choose('quickAck', enable, 'enable'));
  }

  setCongestionControl(name: string): this {
    return this._choose(choose('congestionControl', name, 'name'));
  }

  setPacing(enable: boolean): this {
    return this._choose(choose('pacing', enable, 'enable'));
  }

  setBufferSizes(sizes: { send?: number; receive?: number }): this {
    if (typeof sizes !== 'object' || sizes === null) {
      throw invalidArgType('sizes', ['Object'], sizes);
    }
    const { send, receive } = sizes;
    let choices = NO_CHOICES;
    if (send !== undefined) choices = choose('sendBufferSize', send, 'sizes.send');
    if (receive !== undefined) {
      choices = joinChoices(choices, choose('receiveBufferSize', receive, 'sizes.receive'));
    }
    return this._choose(choices);
  }

  _choose(choices: TcpChoices): this {
    const own = ownInside(this);
    own.choices = joinChoices(own.choices, choices);
    const connection = this._handle?.connection;
    if (connection != null) applyChoices(connection, choices);
    return this;
  }
}

function viewOf(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
}
