/** What an Ethernet link has carried, dropped and learnt. Only ever counts up. */
import { LinkCounters } from '../link-counters';

export class EthernetCounters extends LinkCounters {
  /** ARP and neighbour discovery messages that were understood, and that were sent. */
  resolutionReceived = 0;
  resolutionSent = 0;
  /** … that were broken, or about other networks than IPv4 and IPv6 over Ethernet, … */
  resolutionBad = 0;
  /** … that told nothing we wanted to know: unasked answers, our own message come back, … */
  resolutionIgnored = 0;
  /** … and that found no room to be sent. */
  resolutionLost = 0;
  /** Questions which groups we listen to, and reports of that (MLD). */
  listenerQueries = 0;
  listenerReports = 0;
  /** Neighbours that did not answer. */
  neighboursUnreachable = 0;
  /** Somebody else used an address of ours. */
  conflicts = 0;
  /** Packets that waited for a hardware address in vain, or longer than there was room for. */
  droppedUnresolved = 0;
  /** Packets to where no prefix and no gateway leads. */
  droppedNoRoute = 0;
  /** Frames of a VLAN, … */
  droppedTagged = 0;
  /** … of other types than IPv4, IPv6 and ARP, … */
  droppedType = 0;
  /** … to everybody or to a group that carried something for one station (RFC 1122 §3.3.6), … */
  droppedGroup = 0;
  /** … and those that came before the address was ours. */
  droppedTentative = 0;
}
