/**
 * What has arrived at a link and was not read yet, taken in at once, before timeouts are believed
 * (Link.receiveNow): one batch is not enough where a thousand connections were answered meanwhile.
 */
import type { LinkCounters } from './link-counters';

/** Batches at most: some thousand packets. */
const MOST_BATCHES = 16;

/** @param readBatch reads some packets, and none once the link is closed */
export function receiveArrived(counters: LinkCounters, readBatch: () => void): void {
  for (let i = 0; i < MOST_BATCHES; i++) {
    const before = counters.receivedPackets;
    readBatch();
    if (counters.receivedPackets === before) return;
  }
}
