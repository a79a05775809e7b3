/**
 * Initial sequence numbers (RFC 9293 §3.4.1, RFC 6528): ISN = M + F(four-tuple, secret).
 *
 * M ticks every 4 µs; F is SipHash under a secret from the crypto generator, so that each
 * four-tuple has a number space of its own that nobody outside can compute.
 */
import { SipHash } from '../support/siphash';
import type { IpAddress } from '../wire/ip-address';

const TICKS_PER_MS = 250;

export class IsnGenerator {
  readonly #hash: SipHash;
  readonly #words = new Int32Array(9);

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

  /** F of RFC 6528; also the offset of the connection's timestamp clock (RFC 7323 §5.4). */
  tupleHash(local: IpAddress, localPort: number, remote: IpAddress, remotePort: number): number {
    const words = this.#words;
    words[0] = local.w0;
    words[1] = local.w1;
    words[2] = local.w2;
    words[3] = local.w3;
    words[4] = remote.w0;
    words[5] = remote.w1;
    words[6] = remote.w2;
    words[7] = remote.w3;
    words[8] = (localPort << 16) | remotePort;
    return this.#hash.hash(words, 9);
  }
}

/** M of RFC 6528 at `now` ms, modulo 2^32. */
function clockTicks(now: number): number {
  return (Math.floor(now * TICKS_PER_MS) % 4_294_967_296) | 0;
}
