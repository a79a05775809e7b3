/** What a link knows about the TCP checksum of a packet that it delivers. */
export type ChecksumNote = 0 | 1 | 2;

/** The packet is complete: verify strictly. */
export const CHECKSUM_COMPLETE = 0;
/** Verified below, or never left this process: do not verify. */
export const CHECKSUM_VERIFIED = 1;
/** Complete, or only the pseudo-header's sum (a kernel left the rest to hardware): accept both. */
export const CHECKSUM_MAYBE_PARTIAL = 2;
