/**
 * Path MTUs that are likely to be met (RFC 1191 §7, table 7-1): what to try next where a router
 * says that a packet was too large and not what would have fitted.
 */
const PLATEAUS = [65_535, 32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, 508, 296, 68] as const;

/** The largest plateau below `bytes`; the smallest MTU of all where there is none. */
export function plateauBelow(bytes: number): number {
  for (const plateau of PLATEAUS) if (plateau < bytes) return plateau;
  return PLATEAUS[PLATEAUS.length - 1];
}
