/**
 * Reno's window (RFC 5681): slow start and congestion avoidance by bytes acknowledged (RFC 3465).
 *
 * Counting bytes makes division of ACKs worthless. Unlike RFC 3465 one ACK may grow the window by
 * all it acknowledges in slow start, as in Linux: receivers that answer once a batch would
 * otherwise stall it. After a timeout the limit of one segment an ACK holds.
 */
import type { CongestionController } from './controller';

const UNLIMITED = 0x3fff_ffff;
const ETHERNET_MSS = 1460;

export class Reno implements CongestionController {
  readonly name: string = 'reno';
  cwnd = 0;
  ssthresh = UNLIMITED;

  #mss = 0;
  #initial = 0;
  #counted = 0; // bytes acknowledged towards the next segment of growth

  initialize(mss: number, initialWindowSegments: number): void {
    this.#mss = mss;
    // RFC 6928 §2: ten segments, but of large ones only what ten of Ethernet's hold, and two at
    // least.
    const most = Math.max(2 * mss, initialWindowSegments * ETHERNET_MSS);
    this.#initial = Math.min(initialWindowSegments * mss, most);
    this.cwnd = this.#initial;
  }

  handleAck(acked: number, limited: boolean, afterTimeout: boolean): void {
    if (!limited) return;
    if (this.cwnd < this.ssthresh) {
      const growth = afterTimeout ? Math.min(acked, this.#mss) : acked;
      this.cwnd = Math.min(this.cwnd + growth, UNLIMITED);
      return;
    }
    this.#counted += acked;
    if (this.#counted < this.cwnd) return;
    this.#counted -= this.cwnd;
    this.cwnd = Math.min(this.cwnd + this.#mss, UNLIMITED);
  }

  handleLoss(flight: number): void {
    this.ssthresh = Math.max(flight >> 1, 2 * this.#mss);
    this.cwnd = this.ssthresh;
    this.#counted = 0;
  }

  handleTimeout(flight: number, first: boolean): void {
    if (first) this.ssthresh = Math.max(flight >> 1, 2 * this.#mss);
    this.cwnd = this.#mss;
    this.#counted = 0;
  }

  get isRenewable(): boolean {
    return true;
  }

  handleMssChange(mss: number): void {
    this.#mss = mss;
    this.cwnd = Math.max(this.cwnd, mss);
  }

  handleIdle(): void {
    // The way back is known (RFC 2861 §3.2, and Linux).
    this.ssthresh = Math.max(this.ssthresh, Math.floor(this.cwnd * 0.75));
    this.cwnd = Math.min(this.cwnd, this.#initial);
    this.#counted = 0;
  }
}
