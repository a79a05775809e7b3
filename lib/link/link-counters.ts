import type { NetworkErrorCode } from '../support/network-error';

/** What a link has carried, and what it has dropped and why. Only ever counts up. */
export class LinkCounters {
  receivedPackets = 0;
  receivedBytes = 0;
  sentPackets = 0;
  sentBytes = 0;
  /** For no port of ours: the host's own traffic, or what we sent, seen again on loopback. */
  droppedForeign = 0;
  /** Too short to name its ports, of no length, or longer than IP allows. */
  droppedMalformed = 0;
  /** Longer than the receive buffer. */
  droppedTruncated = 0;
  /** Lost by the kernel, whose buffer for us was full (socket(7), SO_RXQ_OVFL). */
  droppedOverflow = 0;
  /** Brought in by the user although there was no room. */
  droppedFull = 0;
  /** The kernel refuses to send this packet, and would again: for one of the reasons below. */
  droppedRefused = 0;
  /** Of those: longer than the path takes, … */
  refusedTooLong = 0;
  /** … no route, or nobody there, … */
  refusedUnreachable = 0;
  /** … forbidden by a firewall or a route. */
  refusedForbidden = 0;
  /** Times that the kernel had no room for what we sent, and it had to wait. */
  sendBlocked = 0;
  /** The device was down, or without a carrier. */
  droppedDown = 0;
  /** Came while the link was not open. */
  droppedClosed = 0;

  /** The kernel refuses a packet for good, for this reason. */
  countRefusal(code: NetworkErrorCode): void {
    this.droppedRefused++;
    if (code === 'EMSGSIZE') this.refusedTooLong++;
    else if (code === 'EPERM' || code === 'EACCES') this.refusedForbidden++;
    else if (code === 'ENETUNREACH' || code === 'EHOSTUNREACH' || code === 'ENETDOWN') {
      this.refusedUnreachable++;
    }
  }
}
