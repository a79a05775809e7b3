/**
 * May a packet that has come in over this link be answered? RFC 9293 §3.9.2.3, RFC 1122 §3.2.1.3.
 */
import { isValidDestination, isValidSource } from '../ip/unicast';
import { IpAddress } from '../wire/ip-address';
import type { IpHeader } from '../wire/ip-header';
import type { Attachment } from './attachment';
import type { InboundFate } from './counters';
import { withZone } from './routes';

/** @returns what is wrong with its addresses; null when nothing is */
export function addressFault(attachment: Attachment, header: IpHeader): InboundFate | null {
  if (!isValidDestination(header)) return 'tcpBadDestination';
  if (!isValidSource(header)) return 'tcpBadSource';
  const { link, inside } = attachment;
  // On the host's own links the kernel has looked already, and inside nobody else sends.
  if (link.sharesHost || inside) return null;
  if (!link.isLocal(withZone(destinationOf(header), attachment))) return 'ipForeign';
  // From outside comes nothing that we have sent ourselves, and nothing of 127.0.0.0/8.
  const source = withZone(sourceOf(header), attachment);
  return source.isLoopback || link.isLocal(source) ? 'tcpBadSource' : null;
}

function sourceOf({ source0, source1, source2, source3 }: IpHeader): IpAddress {
  return IpAddress.fromWords(source0, source1, source2, source3);
}

function destinationOf(header: IpHeader): IpAddress {
  const { destination0, destination1, destination2, destination3 } = header;
  return IpAddress.fromWords(destination0, destination1, destination2, destination3);
}
