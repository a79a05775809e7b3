/** What output must send, as bits of `tcb.owed`: a check sets one, output happens once, later. */

/** A SYN, or SYN-ACK, must be sent or repeated. */
export const OWE_SYN = 1;
/** An ACK must be sent now. */
export const OWE_ACK = 2;
/** RST at SND.NXT: the last word of an aborted connection, whose state is CLOSED already. */
export const OWE_RESET = 4;
/** RST at `strayResetSeq`, answering one segment; the connection itself goes on. */
export const OWE_STRAY_RESET = 8;
/** One segment at SND.UNA must be repeated. */
export const OWE_RETRANSMIT = 16;
/** The persist timer has fired: send what may be sent, or one byte into the closed window. */
export const OWE_PROBE = 32;
/** An empty segment before SND.NXT, which makes the peer answer. */
export const OWE_KEEP_ALIVE = 64;
/** A tail loss probe: a new segment, or the last one again. */
export const OWE_TAIL_PROBE = 128;
