/** What has happened to the packets of one direction. */
export class PathCounters {
  /** Packets handed to the path. */
  sent = 0;
  sentBytes = 0;
  /** Packets handed over at the other end, copies included. */
  delivered = 0;
  /** Vanished on the way, by chance or in an outage. */
  lost = 0;
  /** Dropped because the queue was full. */
  overflowed = 0;
  /** Dropped by the queue's own judgement (CoDel), and marked instead of dropped. */
  managed = 0;
  marked = 0;
  duplicated = 0;
  reordered = 0;
  corrupted = 0;
  /** Arrived where nobody was listening. */
  unheard = 0;
}
