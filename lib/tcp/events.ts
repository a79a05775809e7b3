/** What `pollEvents` may report, as bits, in the order in which a user must hear of them. */

/** ESTABLISHED has been reached. */
export const EVENT_CONNECTED = 1;
/** Urgent data has been announced, or the urgent pointer has advanced. */
export const EVENT_URGENT = 2;
/**
 * Trouble that does not end the connection: an ICMP error, or R1 repetitions (RFC 9293 §3.9.1.8).
 */
export const EVENT_TROUBLE = 4;
/** There is something to read, or the end of it. */
export const EVENT_READABLE = 8;
/** There is room again in a send buffer that was full. */
export const EVENT_WRITABLE = 16;
/** The connection has died; `error` says of what. */
export const EVENT_ERROR = 32;
/** Both directions have ended, or the connection has died: the user need not stay. */
export const EVENT_CLOSED = 64;
/** An embryonic connection fell back to LISTEN (SYN-RECEIVED ended before ESTABLISHED). */
export const EVENT_ABANDONED = 128;
