/** What Wireshark thinks of a capture, by its program for the terminal. */
import { execFileSync } from 'node:child_process';

/** True, or why it cannot be asked. */
export const tsharkAvailable: true | string = findTshark();

export interface TsharkPacket {
  interface: string;
  source: string;
  destination: string;
  /** Of TCP: the flags as letters, `SYN`, `RST, ACK`, … */
  flags: number;
  comment: string;
  /** What the experts say at the severities warning and error. */
  complaints: string[];
  malformed: boolean;
  /** Is the TCP checksum only its pseudo-header's sum, left for hardware to complete? (IPv4) */
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
  'tcp.checksum',
];

/** Every packet of a file, all checksums verified. @throws Error where tshark cannot read it */
export function readWithTshark(file: string): TsharkPacket[] {
  const checks = ['tcp.check_checksum:TRUE', 'ip.check_checksum:TRUE'];
  const args = ['-r', file, '-T', 'fields', '-E', 'separator=/t', '-E', 'aggregator=|'];
  for (const check of checks) args.push('-o', check);
  for (const field of FIELDS) args.push('-e', field);
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  const output = execFileSync('tshark', args, { encoding: 'utf8', stdio, maxBuffer: 2 ** 28 });
  const lines = output.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [name, source, destination, flags, comment, experts, malformed, length, checksum] =
      line.split('\t');
    return {
      interface: name,
      source,
      destination,
      flags: Number(flags || 0),
      comment,
      complaints: experts.split('|').filter((one) => /malformed|checksum|bogus|error/i.test(one)),
      malformed: malformed !== '',
      isPartial: Number(checksum) === pseudoSum(source, destination, Number(length) - 20),
    };
  });
}

/** RFC 9293 §3.1, of a segment of `length` bytes between two IPv4 addresses. */
function pseudoSum(source: string, destination: string, length: number): number {
  const bytes = [source, destination].flatMap((one) => one.split('.').map(Number));
  let sum = 6 + length;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i] * 256 + bytes[i + 1];
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
