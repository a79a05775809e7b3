/** What we use of the npm package `raw-socket` 1.8, which brings no declarations of its own. */
declare module 'raw-socket' {
  import type { EventEmitter } from 'node:events';

  export const Protocol: { readonly TCP: number };
  export const AddressFamily: { readonly IPv4: number };
  export const SocketLevel: { readonly SOL_SOCKET: number; readonly IPPROTO_IP: number };
  export const SocketOption: {
    readonly IP_HDRINCL: number;
    readonly SO_RCVBUF: number;
    readonly SO_SNDBUF: number;
  };

  export interface SocketOptions {
    protocol: number;
    addressFamily: number;
    /** Longer packets are cut. */
    bufferSize: number;
  }

  /** Undocumented: the native half. Each call is one system call and throws strerror(3)'s text. */
  export interface SocketWrap {
    recv(
      buffer: Uint8Array,
      received: (buffer: Uint8Array, bytes: number, source: string) => void,
    ): void;
    send(
      buffer: Uint8Array,
      offset: number,
      length: number,
      address: string,
      sent: (bytes: number) => void,
    ): void;
    on(event: 'sendReady', listener: () => void): void;
  }

  export interface Socket extends EventEmitter {
    readonly wrap?: Partial<SocketWrap>;
    setOption(level: number, option: number, value: number): void;
    setOption(level: number, option: number, value: Uint8Array, length: number): void;
    pauseRecv(): this;
    resumeRecv(): this;
    resumeSend(): this;
    send(
      buffer: Uint8Array,
      offset: number,
      length: number,
      address: string,
      sent: (error: Error | null, bytes: number) => void,
    ): this;
    close(): this;
    on(event: 'message', listener: (packet: Buffer, source: string) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
  }

  export function createSocket(options: SocketOptions): Socket;
}
