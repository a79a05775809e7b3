import t from 'tap';
import { PACKET_FRAGMENT, PACKET_TCP, readInboundPacket } from '../../lib/ip/inbound-packet';
import { MAX_PIECES, PIECE_OVERHEAD_BYTES } from '../../lib/ip/partial-packet';
import {
  FRAGMENT_COMPLETES,
  FRAGMENT_HELD,
  FRAGMENT_REFUSED,
  REASSEMBLY_MS,
  Reassembly,
  type ReassemblyLimits,
} from '../../lib/ip/reassembly';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import { IpHeader } from '../../lib/wire/ip-header';
import { writeIpv4 } from '../../lib/wire/ipv4';
import { writeIpv6 } from '../../lib/wire/ipv6';

const AT = packetMemory.allocate(70_000);
const WHOLE = packetMemory.allocate(70_000);
const LIMITS: ReassemblyLimits = { bytes: 1e6, packets: 16, packetsPerSource: 8 };
const HELD = FRAGMENT_HELD;
const REFUSED = FRAGMENT_REFUSED;
const WHOLE_NOW = FRAGMENT_COMPLETES;

interface Piece {
  from: number;
  length: number;
  more?: boolean;
  family?: 4 | 6;
  id?: number;
  source?: number;
  protocol?: number;
  trafficClass?: number;
  owner?: string;
  fill?: number;
}

/** Each byte of a payload says where it belongs. */
function byteAt(place: number): number {
  return (place * 7 + (place >> 8)) & 0xff;
}

function read(piece: Piece): IpHeader {
  const { from, length, more = true, family = 6, id = 1, source = 2, protocol = 6 } = piece;
  const header = new IpHeader();
  Object.assign(header, { source3: source, destination3: 1, protocol, identification: id });
  Object.assign(header, { moreFragments: more, fragmentOffset: from });
  header.trafficClass = piece.trafficClass ?? 0;
  if (family === 6) Object.assign(header, { source0: 0x20010db8, destination0: 0x20010db8 });
  const headerBytes = (family === 6 ? writeIpv6 : writeIpv4)(AT, header, length);
  for (let i = 0; i < length; i++) {
    packetMemory.bytes[AT + headerBytes + i] = piece.fill ?? byteAt(from + i);
  }
  const result = new IpHeader();
  const kind = readInboundPacket(AT, headerBytes + length, result);
  if (kind !== PACKET_FRAGMENT) throw new Error(`kind ${kind}`);
  return result;
}

function make(limits: Partial<ReassemblyLimits> = {}) {
  const reassembly = new Reassembly<string>({ ...LIMITS, ...limits });
  const give = (piece: Piece, now = 0): number => {
    const owner = piece.owner ?? 'eth0';
    return reassembly.receive(read(piece), owner, owner, now);
  };
  return { reassembly, give };
}

/** Is the packet that was put together what was cut to pieces? */
function isWhole(reassembly: Reassembly<string>, length: number): boolean {
  const packet = reassembly.whole!;
  packet.write(WHOLE);
  const header = new IpHeader();
  if (readInboundPacket(WHOLE, packet.length, header) !== PACKET_TCP) return false;
  if (header.payloadLength !== length) return false;
  const bytes = packetMemory.bytes;
  for (let i = 0; i < length; i++) {
    if (bytes[header.payloadOffset + i] !== byteAt(i)) return false;
  }
  return true;
}

const ROUNDS = 200;

for (const family of [4, 6] as const) {
  t.test(`IPv${family}: pieces in any order make the packet`, async (t) => {
    const random = new SeededRandom(family);
    let whole = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const { reassembly, give } = make();
      const length = 100 + random.below(5000);
      const pieces: Piece[] = [];
      for (let from = 0; from < length; ) {
        const size = Math.min(length - from, 24 + 8 * random.below(150));
        pieces.push({ from, length: size, more: from + size < length, family });
        from += size;
      }
      if (pieces.length === 1) continue;
      pieces.sort(() => random.below(3) - 1);
      const last = pieces.pop()!;
      for (const piece of pieces) {
        if (give(piece) !== HELD) t.fail(`round ${round}: refused`);
        if (random.chance(0.2) && give(piece) !== REFUSED) t.fail(`round ${round}: repeated`);
      }
      if (give(last) !== WHOLE_NOW) t.fail(`round ${round}: not whole`);
      if (isWhole(reassembly, length)) whole++;
      else t.fail(`round ${round}: not the same (seed ${random.seed})`);
      if (reassembly.bytes !== 0 || reassembly.size !== 0) t.fail(`round ${round}: something left`);
    }
    t.ok(whole > ROUNDS / 2, `${whole} packets came out as they were`);
  });
}

/** [pieces, what becomes of each, name] */
const CASES: [Piece[], number[], string][] = [
  [
    [
      { from: 0, length: 80 },
      { from: 72, length: 80 },
      { from: 80, length: 8, more: false },
    ],
    [HELD, REFUSED, REFUSED],
    'an overlap makes the packet void, with all that comes after [RFC 5722]',
  ],
  [
    [
      { from: 80, length: 80 },
      { from: 0, length: 88 },
    ],
    [HELD, REFUSED],
    'an overlap from in front',
  ],
  [
    [
      { from: 0, length: 160 },
      { from: 40, length: 40 },
    ],
    [HELD, REFUSED],
    'a piece inside another',
  ],
  [
    [
      { from: 0, length: 80 },
      { from: 0, length: 80 },
      { from: 80, length: 8, more: false },
    ],
    [HELD, REFUSED, WHOLE_NOW],
    'an exact repetition is only a repetition',
  ],
  [
    [
      { from: 0, length: 80 },
      { from: 0, length: 80, fill: 9 },
      { from: 80, length: 8, more: false },
    ],
    [HELD, REFUSED, REFUSED],
    'one that says something else is an overlap',
  ],
  [
    [
      { from: 80, length: 8, more: false },
      { from: 160, length: 8, more: false },
    ],
    [HELD, REFUSED],
    'two ends',
  ],
  [
    [
      { from: 80, length: 8, more: false },
      { from: 88, length: 8 },
    ],
    [HELD, REFUSED],
    'something behind the end',
  ],
  [
    [
      { from: 160, length: 8 },
      { from: 80, length: 8, more: false },
    ],
    [HELD, REFUSED],
    'an end before what has come',
  ],
  [[{ from: 0, length: 16 }], [REFUSED], 'half a TCP header [RFC 1858]'],
  [[{ from: 8, length: 80 }], [REFUSED], 'the middle of a TCP header [RFC 3128]'],
  [[{ from: 0, length: 16, protocol: 58 }], [HELD], 'half an ICMP message may be'],
  [[{ from: 65_528, length: 80, more: false }], [REFUSED], 'beyond the longest packet'],
  [[{ from: 65_400, length: 48, more: false }], [HELD], 'just within it'],
  [[{ from: 80, length: 0, more: false }], [REFUSED], 'nothing at all'],
  [
    [
      { from: 0, length: 80 },
      { from: 80, length: 8, more: false, id: 2 },
      { from: 80, length: 8, more: false, source: 3 },
      { from: 80, length: 8, more: false, owner: 'eth1' },
      { from: 80, length: 8, more: false, family: 4 },
      { from: 80, length: 8, more: false },
    ],
    [HELD, HELD, HELD, HELD, HELD, WHOLE_NOW],
    'pieces of different packets do not fit together',
  ],
  [
    [
      { from: 0, length: 80, protocol: 6 },
      { from: 80, length: 8, more: false, protocol: 60 },
    ],
    [HELD, WHOLE_NOW],
    'in IPv6 only the first piece says the protocol',
  ],
  [
    [
      { from: 0, length: 80, protocol: 6, family: 4 },
      { from: 80, length: 8, more: false, protocol: 17, family: 4 },
    ],
    [HELD, HELD],
    'in IPv4 each does',
  ],
  [
    [
      { from: 0, length: 80, trafficClass: 0 },
      { from: 80, length: 8, more: false, trafficClass: 3 },
    ],
    [HELD, REFUSED],
    'marked by the network, but not markable [RFC 3168]',
  ],
];

t.test('what fits together and what does not', async (t) => {
  for (const [pieces, outcomes, name] of CASES) {
    const { give } = make();
    t.same(
      pieces.map((piece) => give(piece)),
      outcomes,
      name,
    );
  }
});

t.test('a mark of the network on one piece is on the whole', async (t) => {
  const { reassembly, give } = make();
  give({ from: 0, length: 80, trafficClass: 0xb9 });
  give({ from: 80, length: 8, more: false, trafficClass: 0xbb });
  reassembly.whole!.write(WHOLE);
  const header = new IpHeader();
  readInboundPacket(WHOLE, reassembly.whole!.length, header);
  t.equal(header.trafficClass, 0xbb);
});

t.test('after a minute what is not whole is given up, and counted', async (t) => {
  const { reassembly, give } = make();
  t.equal(reassembly.deadline, Number.POSITIVE_INFINITY);
  give({ from: 0, length: 80, id: 1 }, 0);
  give({ from: 80, length: 80, id: 2 }, 10);
  give({ from: 0, length: 80, id: 3 }, 20);
  give({ from: 8, length: 80, id: 4 }, 30); // void at once
  t.equal(reassembly.deadline, REASSEMBLY_MS);
  t.equal(reassembly.pollExpired(REASSEMBLY_MS - 1), null);
  const first = reassembly.pollExpired(REASSEMBLY_MS + 10)!;
  t.equal(first.owner, 'eth0');
  t.equal(first.packet.quote!.length, 40 + 8 + 80, 'of the first fragment there is a head');
  t.equal(reassembly.pollExpired(REASSEMBLY_MS + 10)!.packet.quote, null);
  t.equal(reassembly.pollExpired(REASSEMBLY_MS + 10), null);
  t.not(reassembly.pollExpired(REASSEMBLY_MS + 100), null);
  t.equal(reassembly.pollExpired(REASSEMBLY_MS + 100), null, 'a void one goes without a word');
  t.equal(reassembly.size, 0);
  t.equal(reassembly.bytes, 0);
  t.same(reassembly.ipv6, { reqds: 4, oks: 0, fails: 4, timeouts: 3 });
});

t.test('limits: of packets, of one source, of bytes, of pieces [A-07]', async (t) => {
  const sources = make();
  for (let id = 0; id < 9; id++) sources.give({ from: 0, length: 80, id });
  sources.give({ from: 0, length: 80, source: 3 });
  t.equal(sources.reassembly.size, LIMITS.packetsPerSource + 1, 'one source has its share');
  t.equal(sources.give({ from: 80, length: 8, more: false, id: 0 }), HELD, 'its oldest is gone');
  t.equal(sources.give({ from: 80, length: 8, more: false, id: 8 }), WHOLE_NOW);
  t.equal(sources.give({ from: 80, length: 8, more: false, source: 3 }), WHOLE_NOW);

  const packets = make();
  for (let source = 0; source < 17; source++) packets.give({ from: 0, length: 80, source });
  t.equal(packets.reassembly.size, LIMITS.packets);
  t.equal(packets.reassembly.ipv6.fails, 1);
  t.equal(packets.give({ from: 80, length: 8, more: false, source: 16 }), WHOLE_NOW);

  const bytes = make({ bytes: 10_000 });
  for (let id = 0; id < 8; id++) {
    bytes.give({ from: 0, length: 2000, id });
    t.ok(bytes.reassembly.bytes <= 10_000);
  }
  t.ok(bytes.reassembly.bytes > 2000, 'the newest stay');

  const pieces = make({ bytes: 10e6 });
  for (let i = 0; i < MAX_PIECES; i++) {
    if (pieces.give({ from: 24 + 16 * i, length: 8 }) !== HELD) t.fail(`piece ${i}`);
  }
  t.equal(pieces.give({ from: 24 + 16 * MAX_PIECES, length: 8 }), REFUSED);
  t.equal(pieces.reassembly.bytes, PIECE_OVERHEAD_BYTES, 'what was held is given back');
});

t.test('20,000 random pieces: bounded, counted, and given back', async (t) => {
  const random = new SeededRandom(815);
  const { reassembly, give } = make({ bytes: 50_000 });
  for (let i = 0; i < 20_000; i++) {
    // Most pieces fit together: else nothing would ever be whole.
    const fits = random.chance(0.97);
    const from = fits ? 64 * random.below(4) : 8 * random.below(40);
    const outcome = give(
      {
        from,
        length: fits ? 64 : 8 * random.below(30),
        more: fits ? from < 192 : from === 0 || random.chance(0.8),
        id: i >> 4,
        source: random.below(2),
        family: random.chance(0.5) ? 4 : 6,
        fill: random.chance(0.01) ? 1 : undefined,
      },
      i,
    );
    if (outcome === WHOLE_NOW) reassembly.whole!.write(WHOLE);
    while (reassembly.pollExpired(i) !== null);
    if (reassembly.bytes > 50_000 || reassembly.size > 16) t.fail(`round ${i}: too much`);
  }
  while (reassembly.pollExpired(1e9) !== null);
  t.equal(reassembly.size, 0);
  t.equal(reassembly.bytes, 0, `seed ${random.seed}`);
  t.ok(reassembly.ipv4.oks > 10 && reassembly.ipv6.oks > 10);
  t.equal(reassembly.ipv4.reqds + reassembly.ipv6.reqds, 20_000);
});
