/**
 * `net.BoundSocket` (Node 24): a local end that is taken at once, by a call that returns or throws,
 * and is handed to a Server to listen there or to a Socket to connect from there.
 *
 * It is here on every Node. A path has no TCP in it: it is bound by Node's own class, where the
 * Node that runs has one.
 */
import net, { type AddressInfo, isIP } from 'node:net';
import type { BindRequest, StackBinding, TransportStack } from '../../types/stack';
import { IPV4_ANY, IPV6_ANY, IpAddress } from '../wire/ip-address';
import { invalidArgValue, stateError } from './argument-errors';
import { addressError, asNetworkError } from './errors';
import { chosenStack } from './stack-choice';
import { validateBoolean, validateObject, validatePort, validateString } from './validators';

export interface BoundSocketOptions {
  /** Numeric; `0.0.0.0` unless given, or `::` with `ipv6Only`. */
  host?: string;
  /** 0, and so a free one, unless given. */
  port?: number;
  ipv6Only?: boolean;
  reusePort?: boolean;
  /** Instead of all these: a pipe. */
  path?: string;
  /** The default stack unless given. */
  stack?: TransportStack;
}

/** What of Node's own class concerns us. */
interface NodeBoundSocket {
  address(): AddressInfo | string;
  fd(): number;
  close(): void;
}

/** A local end, and the stack that it belongs to; or Node's, if it is a pipe. */
export type Adopted =
  | { binding: StackBinding; stack: TransportStack; pipe: null }
  | { binding: null; stack: null; pipe: object };

/** Before `usernet/register` puts ours in its place. */
const nodesOwn = (net as { BoundSocket?: new (options: object) => NodeBoundSocket }).BoundSocket;

export class BoundSocket {
  #held: StackBinding | null = null;
  #pipe: NodeBoundSocket | null = null;
  readonly #stack: TransportStack | null = null;
  readonly #address: AddressInfo | string;
  readonly #isPipe: boolean;

  /**
   * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_SOCKET_BAD_PORT, and what `bind` may
   *   meet: EADDRINUSE, EADDRNOTAVAIL, EACCES
   */
  constructor(options: BoundSocketOptions = {}) {
    validateObject(options, 'options');
    this.#isPipe = options.path !== undefined;
    if (this.#isPipe) {
      this.#pipe = bindPipe(options);
      this.#address = this.#pipe.address();
      return;
    }
    const { port, ipv6Only, reusePort } = checkOptions(options);
    const address = addressFrom(options);
    this.#stack = chosenStack(options.stack ?? null);
    this.#held = bind(this.#stack, {
      address,
      port,
      ipv6Only: ipv6Only && address.family === 6,
      reusePort,
    });
    const family = address.family === 4 ? 'IPv4' : 'IPv6';
    this.#address = { address: address.text, family, port: this.#held.port };
  }

  /**
   * Where it is bound.
   * @throws ERR_SOCKET_HANDLE_ADOPTED, as all its methods, once it is handed on or closed
   */
  address(): AddressInfo {
    this.#check();
    // (The path, if it is a pipe; Node's types do not say so either.)
    return this.#address as AddressInfo;
  }

  /** -1, as wherever sockets have no descriptor; a pipe's has one. */
  fd(): number {
    this.#check();
    return this.#pipe?.fd() ?? -1;
  }

  close(): void {
    this.#check();
    this[Symbol.dispose]();
  }

  get isPipe(): boolean {
    return this.#isPipe;
  }

  /** Gives the place back if nobody has taken it over. */
  [Symbol.dispose](): void {
    this.#held?.release();
    this.#pipe?.close();
    this.#held = this.#pipe = null;
  }

  /** What `bound` holds, from now on the caller's. @throws ERR_SOCKET_HANDLE_ADOPTED */
  static adopt(bound: BoundSocket): Adopted {
    bound.#check();
    const binding = bound.#held;
    const pipe = bound.#pipe;
    bound.#held = bound.#pipe = null;
    if (binding === null) return { binding: null, stack: null, pipe: pipe! };
    return { binding, stack: bound.#stack!, pipe: null };
  }

  #check(): void {
    if (this.#held === null && this.#pipe === null) throw stateError('ERR_SOCKET_HANDLE_ADOPTED');
  }
}

/** Is it one of Node's own class, which only Node's sockets and servers can take over? */
export function isNodeBoundSocket(value: unknown): boolean {
  return nodesOwn !== undefined && value instanceof nodesOwn;
}

function bindPipe(options: BoundSocketOptions): NodeBoundSocket {
  const { stack: _stack, ...plain } = options;
  if (nodesOwn !== undefined) return new nodesOwn(plain);
  throw invalidArgValue('options.path', options.path, 'needs a Node that has net.BoundSocket');
}

function checkOptions(options: BoundSocketOptions): Omit<Required<BindRequest>, 'address'> {
  const port = options.port ?? 0;
  const ipv6Only = options.ipv6Only ?? false;
  const reusePort = options.reusePort ?? false;
  validatePort(port, 'options.port');
  validateBoolean(ipv6Only, 'options.ipv6Only');
  validateBoolean(reusePort, 'options.reusePort');
  return { port: Number(port), ipv6Only, reusePort };
}

function addressFrom({ host, ipv6Only }: BoundSocketOptions): IpAddress {
  if (host === undefined || host === null) return ipv6Only ? IPV6_ANY : IPV4_ANY;
  validateString(host, 'options.host');
  if (isIP(host) !== 0) return IpAddress.parse(host)!;
  const reason = 'must be a numeric IP address; net.BoundSocket does not perform DNS resolution';
  throw invalidArgValue('options.host', host, reason);
}

function bind(stack: TransportStack, request: BindRequest): StackBinding {
  try {
    return stack.bind(request);
  } catch (thrown) {
    throw addressError('bind', asNetworkError(thrown), request.address.text, request.port);
  }
}
