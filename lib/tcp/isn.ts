/**
 * Initial sequence numbers (RFC 9293 §3.4.1, RFC 6528): ISN = M + F(four-tuple, secret).
 *
 * M ticks every 4 µs; F is SipHash under a secret from the crypto generator, so that each
 * four-tuple has a number space of its own that nobody outside can compute.
 */
import { SipHash } from '../support/siphash';
import type { IpAddress } from '../wire/ip-address';

const TICKS_PER_MS = 250;

/** Words of a four-tuple: of IPv4's addresses only the last differs from one to another. */
const IPV4_WORDS = 3;
const IPV6_WORDS = 9;

export class IsnGenerator {
  readonly #hash: SipHash;
  readonly #words = new Int32Array(IPV6_WORDS);
  /** How many of the words were hashed last, with what result; 0: none. */
  #count = 0;
  #low = 0;
  #high = 0;

  /** @param secret 16 unpredictable bytes, drawn anew for each stack */
  constructor(secret: Uint8Array) {
    this.#hash = new SipHash(secret);
  }

  next(
    local: IpAddress,
    localPort: number,
    remote: IpAddress,
    remotePort: number,
    now: number,
  ): number {
    return (clockTicks(now) + this.tupleHash(local, localPort, remote, remotePort)) | 0;
  }

  /** F of RFC 6528. */
  tupleHash(local: IpAddress, localPort: number, remote: IpAddress, remotePort: number): number {
    this.#hashTuple(local, localPort, remote, remotePort);
    return this.#low;
  }

  /**
   * Where the connection's timestamp clock begins (RFC 7323 §5.4). It is the other half of F's 64
   * bits: who sees the one learns nothing of the other.
   */
  timestampOffset(
    local: IpAddress,
    localPort: number,
    remote: IpAddress,
    remotePort: number,
  ): number {
    this.#hashTuple(local, localPort, remote, remotePort);
    return this.#high;
  }

  /** A new connection asks for both halves, one right after the other. */
  #hashTuple(local: IpAddress, localPort: number, remote: IpAddress, remotePort: number): void {
    const isIpv4 = local.isMapped && remote.isMapped;
    const count = isIpv4 ? IPV4_WORDS : IPV6_WORDS;
    let isSame = this.#count === count;
    isSame = this.#note(0, (localPort << 16) | remotePort) && isSame;
    isSame = this.#note(1, local.w3) && isSame;
    isSame = this.#note(2, remote.w3) && isSame;
    if (!isIpv4) {
      isSame = this.#note(3, local.w0) && isSame;
      isSame = this.#note(4, local.w1) && isSame;
      isSame = this.#note(5, local.w2) && isSame;
      isSame = this.#note(6, remote.w0) && isSame;
      isSame = this.#note(7, remote.w1) && isSame;
      isSame = this.#note(8, remote.w2) && isSame;
    }
    if (isSame) return;
    this.#count = count;
    this.#low = this.#hash.hash(this.#words, count);
    this.#high = this.#hash.high;
  }

  /** @returns whether it stood there already */
  #note(at: number, word: number): boolean {
    if (this.#words[at] === word) return true;
    this.#words[at] = word;
    return false;
  }
}

/** M of RFC 6528 at `now` ms, modulo 2^32. */
function clockTicks(now: number): number {
  return (Math.floor(now * TICKS_PER_MS) % 4_294_967_296) | 0;
}
