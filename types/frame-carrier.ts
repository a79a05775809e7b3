/**
 * The contract between the Ethernet link and what carries its frames: a socket, a TAP device, the
 * user.
 *
 * A carrier is a link that knows nothing of addresses, and whose packets are whole Ethernet frames,
 * from the destination address to the last byte of the payload. Each length is a frame's:
 * `mtu` is that of IP and the 14 bytes of the header before it.
 */
import type { Link } from './link';

export type FrameCarrier = Pick<
  Link,
  | 'name'
  | 'mtu'
  | 'maxSegmentBytes'
  | 'needsChecksum'
  | 'open'
  | 'close'
  | 'reserve'
  | 'commit'
  | 'flush'
  | 'receiveNow'
  | 'ref'
  | 'unref'
>;
