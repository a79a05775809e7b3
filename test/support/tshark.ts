/** What Wireshark thinks of a capture, by its program for the terminal. */
import { execFileSync } from 'node:child_process';
import { IpAddress } from '../../lib/wire/ip-address';

/** True, or why it cannot be asked. */
export const tsharkAvailable: true | string = findTshark();

export interface TsharkPacket {
  /** Its place in the file, from 1. */
  number: number;
  interface: string;
  source: string;
  destination: string;
  /** Of TCP: the flags as letters, `SYN`, `RST, ACK`, … */
  flags: number;
  comment: string;
  /** What the experts say at the severities warning and error. */
  complaints: string[];
  malformed: boolean;
  /** Is the TCP checksum only its pseudo-header's sum, left for hardware to complete? */
  isPartial: boolean;
}

const FIELDS = [
  'frame.interface_name',
  'ip.src',
  'ip.dst',
  'tcp.flags',
  'frame.comment',
  '_ws.expert.message',
  '_ws.malformed',
  'ip.len',
  'ip.hdr_len',
  'tcp.checksum',
  'ipv6.src',
  'ipv6.dst',
  'ipv6.plen',
  'frame.number',
  'icmp.checksum.status',
  'icmpv6.checksum.status',
  'frame.len',
];

/** Text is text, whatever the port's number and its first bytes may suggest. */
const PREFERENCES = [
  'tcp.check_checksum:TRUE',
  'ip.check_checksum:TRUE',
  'tcp.analyze_sequence_numbers:FALSE',
  'tcp.desegment_tcp_streams:FALSE',
].flatMap((one) => ['-o', one]);
const NO_GUESSES = ['-d', 'tcp.port==1-65535,data'];

/** Every packet of a file, all checksums verified. @throws Error where tshark cannot read it */
export function readWithTshark(file: string): TsharkPacket[] {
  const args = ['-n', '-r', file, '-T', 'fields', '-E', 'separator=/t', '-E', 'aggregator=|'];
  args.push(...PREFERENCES, ...NO_GUESSES);
  for (const field of FIELDS) args.push('-e', field);
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  const output = execFileSync('tshark', args, { encoding: 'utf8', stdio, maxBuffer: 2 ** 28 });
  const lines = output.split('\n').filter((line) => line !== '');
  return lines.map(readLine);
}

const RST = 4;

/**
 * What is wrong with a capture: malformed packets, bad checksums, and resets without a comment that
 * says why.
 * @param mayBePartial are checksums all right that were left to hardware?
 */
export function findFaults(packets: readonly TsharkPacket[], mayBePartial = true): string[] {
  return packets.flatMap((one) => {
    const isExcused = one.isPartial && mayBePartial;
    // A kernel that fills in a sum of zero writes its other zero (skb_checksum_help).
    const faults = one.complaints.filter(
      (fault) => !isExcused && !/0xffff instead of 0x0/.test(fault),
    );
    if (one.malformed) faults.push('malformed');
    if ((one.flags & RST) !== 0 && one.comment === '') faults.push('a reset, and nobody knows why');
    return faults.map((fault) => `${one.interface}, packet ${one.number}: ${fault}`);
  });
}

function readLine(line: string): TsharkPacket {
  const fields = line.split('\t');
  // Of a packet in an ICMP message, too, there are addresses; but they come second.
  const [name, v4From, v4To, flags, comment, experts, malformed] = fields;
  const [source4, destination4, v4Bytes, v4Header, checksum, source6, destination6, v6Bytes] = [
    ...[v4From, v4To],
    ...fields.slice(7, 13),
  ].map((one) => one.split('|')[0]);
  const isV4 = source4 !== '';
  const [source, destination] = isV4 ? [source4, destination4] : [source6, destination6];
  // Longer than the header can say: it says 0 (lib/link/oversize).
  const v4Total = Number(v4Bytes) || Number(fields[16]);
  const bytes = isV4 ? v4Total - Number(v4Header) : Number(v6Bytes);
  const complaints = experts
    .split('|')
    .filter((one) => /malformed|checksum|bogus|error/i.test(one));
  return {
    number: Number(fields[13]),
    interface: name,
    source,
    destination,
    flags: Number(flags.split('|')[0] || 0),
    comment,
    complaints:
      fields[14] + fields[15] === '' ? complaints : complaintsOfMessage(complaints, fields),
    malformed: malformed !== '',
    isPartial: checksum !== '' && Number(checksum) === pseudoSum(source, destination, bytes),
  };
}

/** Of an ICMP message: the packet that it quotes may be cut off, and its sum is nobody's concern. */
function complaintsOfMessage(complaints: string[], fields: string[]): string[] {
  const others = complaints.filter((one) => !/checksum/.test(one));
  return [fields[14], fields[15]].includes('0') ? [...others, 'bad checksum of ICMP'] : others;
}

/** RFC 9293 §3.1, of a segment of `length` bytes between two addresses. */
function pseudoSum(source: string, destination: string, length: number): number {
  let sum = 6 + length;
  for (const text of [source, destination]) {
    const { family, w0, w1, w2, w3 } = IpAddress.parse(text)!;
    const words = family === 6 ? [w0, w1, w2, w3] : [w3];
    for (const word of words) sum += (word >>> 16) + (word & 0xffff);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

function findTshark(): true | string {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return 'needs tshark';
  }
}
