/** What a controller should carry by its own theory, with losses at random. */

/** What a segment of 1,500 bytes carries with timestamps, and what it takes on the wire. */
export const PAYLOAD_BYTES = 1448;
export const PACKET_BYTES = 1500;

/**
 * Mbit/s of payload.
 * @param loss chance of each packet
 * @param rttMs round trip without a queue
 * @param rate bits a second of the path
 */
export function theoreticalGoodput(
  controller: string,
  loss: number,
  rttMs: number,
  rate: number,
): number {
  const full = ((rate / 1e6) * PAYLOAD_BYTES) / PACKET_BYTES;
  if (loss === 0) return full;
  if (controller === 'bbr') return full * (1 - loss);
  const segments =
    controller === 'reno' ? renoWindow(loss) : Math.max(cubicWindow(loss, rttMs), renoWindow(loss));
  return Math.min(full, (segments * PAYLOAD_BYTES * 8) / rttMs / 1000);
}

/** Mean window in segments: RFC 5681's by Mathis et al. (1997), every segment acknowledged. */
export function renoWindow(loss: number): number {
  return Math.sqrt(1.5 / loss);
}

/** RFC 9438 §5.1, equation 6: C = 0.4, β = 0.7. */
export function cubicWindow(loss: number, rttMs: number): number {
  const [c, beta] = [0.4, 0.7];
  const factor = ((c * (3 + beta)) / (4 * (1 - beta))) ** 0.25;
  return (factor * (rttMs / 1000) ** 0.75) / loss ** 0.75;
}

/** Jain's index of fairness: 1 when all are alike, 1/n when one has all. */
export function jainIndex(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return squares === 0 ? 1 : (sum * sum) / (values.length * squares);
}
