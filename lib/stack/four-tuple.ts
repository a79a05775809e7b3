/**
 * What tells one connection from another: both addresses, both ports (RFC 9293 §3.4), and whether
 * its packets stay inside the stack, since an in-process connection may bear the same numbers as
 * one outside.
 *
 * Input fills one of these again and again; each connection keeps one of its own.
 */
import { addressSum } from '../wire/checksum';
import { IpAddress } from '../wire/ip-address';

const MAPPED_PREFIX = 0xffff;

export class FourTuple {
  inside = false;
  localPort = 0;
  remotePort = 0;
  /** The addresses as int32 words; IPv4 in its mapped form. */
  local0 = 0;
  local1 = 0;
  local2 = 0;
  local3 = 0;
  remote0 = 0;
  remote1 = 0;
  remote2 = 0;
  remote3 = 0;

  static of(
    inside: boolean,
    local: IpAddress,
    localPort: number,
    remote: IpAddress,
    remotePort: number,
  ): FourTuple {
    const tuple = new FourTuple();
    tuple.inside = inside;
    tuple.localPort = localPort;
    tuple.remotePort = remotePort;
    tuple.setLocal(local.w0, local.w1, local.w2, local.w3);
    tuple.setRemote(remote.w0, remote.w1, remote.w2, remote.w3);
    return tuple;
  }

  /** IPv4's addresses stand behind ::ffff:0:0; both ends are of the same family. */
  get isIpv6(): boolean {
    return this.local2 !== MAPPED_PREFIX || this.local1 !== 0 || this.local0 !== 0;
  }

  clone(): FourTuple {
    const tuple = new FourTuple();
    tuple.inside = this.inside;
    tuple.localPort = this.localPort;
    tuple.remotePort = this.remotePort;
    tuple.setLocal(this.local0, this.local1, this.local2, this.local3);
    tuple.setRemote(this.remote0, this.remote1, this.remote2, this.remote3);
    return tuple;
  }

  localAddress(): IpAddress {
    return IpAddress.fromWords(this.local0, this.local1, this.local2, this.local3);
  }

  remoteAddress(): IpAddress {
    return IpAddress.fromWords(this.remote0, this.remote1, this.remote2, this.remote3);
  }

  /**
   * A number that differs from peer to peer, to spread them: every bit depends on address and port.
   * (The ports that a kernel chooses for its connections may all be even.)
   */
  get spread(): number {
    const peer = this.remote0 ^ this.remote1 ^ this.remote2 ^ this.remote3;
    let bits = Math.imul(peer ^ Math.imul(this.remotePort, 0x9e3779b1), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 15), 0xc2b2ae35);
    return bits ^ (bits >>> 16);
  }

  /** The addresses' part of the pseudo-header's sum, the same in both directions. */
  addressSum(): number {
    return addressSum(
      this.local0,
      this.local1,
      this.local2,
      this.local3,
      this.remote0,
      this.remote1,
      this.remote2,
      this.remote3,
    );
  }

  setLocal(w0: number, w1: number, w2: number, w3: number): void {
    this.local0 = w0;
    this.local1 = w1;
    this.local2 = w2;
    this.local3 = w3;
  }

  setRemote(w0: number, w1: number, w2: number, w3: number): void {
    this.remote0 = w0;
    this.remote1 = w1;
    this.remote2 = w2;
    this.remote3 = w3;
  }

  /** Ordered by how likely a difference is. */
  equals(other: FourTuple): boolean {
    return (
      this.remotePort === other.remotePort &&
      this.localPort === other.localPort &&
      this.remote3 === other.remote3 &&
      this.local3 === other.local3 &&
      this.inside === other.inside &&
      this.remote2 === other.remote2 &&
      this.local2 === other.local2 &&
      this.remote1 === other.remote1 &&
      this.local1 === other.local1 &&
      this.remote0 === other.remote0 &&
      this.local0 === other.local0
    );
  }

  /**
   * Do both ends have the same address and port? (A socket connected to itself, or a LAND attack.)
   */
  get isItself(): boolean {
    return (
      this.localPort === this.remotePort &&
      this.local3 === this.remote3 &&
      this.local2 === this.remote2 &&
      this.local1 === this.remote1 &&
      this.local0 === this.remote0
    );
  }
}
