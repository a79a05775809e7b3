/** Reads pcapng files as the draft has them, strictly: what it does not understand it throws at. */
import assert from 'node:assert/strict';

export interface CapturedInterface {
  name: string;
  linkType: number;
  snapBytes: number;
  /** Of its statistics block; absent: there is none. */
  received?: number;
  dropped?: number;
}

export interface CapturedPacket {
  interface: CapturedInterface;
  timeNs: bigint;
  direction: 'in' | 'out';
  bytes: Buffer;
  /** Bytes that the packet had, of which `bytes` are kept. */
  length: number;
  comment?: string;
}

export interface CapturedFile {
  application: string;
  interfaces: CapturedInterface[];
  packets: CapturedPacket[];
}

type Options = Map<number, Buffer>;

export function readPcapng(file: Buffer): CapturedFile {
  const result: CapturedFile = { application: '', interfaces: [], packets: [] };
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32LE(at + 4);
    assert.ok(length >= 12 && length % 4 === 0 && at + length <= file.length, `block at ${at}`);
    assert.equal(file.readUInt32LE(at + length - 4), length, 'the length stands at both ends');
    const body = file.subarray(at + 8, at + length - 4);
    readBlock(file.readUInt32LE(at), body, at === 0, result);
    at += length;
  }
  return result;
}

function readBlock(type: number, body: Buffer, isFirst: boolean, result: CapturedFile): void {
  assert.equal(type === 0x0a0d0d0a, isFirst, 'the section header comes first, and once');
  if (type === 0x0a0d0d0a) {
    assert.equal(body.readUInt32LE(0), 0x1a2b3c4d);
    assert.deepEqual([body.readUInt16LE(4), body.readUInt16LE(6)], [1, 0], 'version');
    assert.equal(body.readBigInt64LE(8), -1n);
    result.application = readOptions(body.subarray(16)).get(4)!.toString();
  } else if (type === 1) {
    const options = readOptions(body.subarray(8));
    assert.deepEqual([...options.get(9)!], [9], 'nanoseconds');
    const name = options.get(2)!.toString();
    const [linkType, snapBytes] = [body.readUInt16LE(0), body.readUInt32LE(4)];
    result.interfaces.push({ name, linkType, snapBytes });
  } else if (type === 5) {
    const options = readOptions(body.subarray(12));
    const one = result.interfaces[body.readUInt32LE(0)];
    one.received = Number(options.get(4)!.readBigUInt64LE());
    one.dropped = Number(options.get(7)!.readBigUInt64LE());
  } else {
    assert.equal(type, 6, 'no other block is written');
    result.packets.push(readPacket(body, result.interfaces));
  }
}

function readPacket(body: Buffer, interfaces: CapturedInterface[]): CapturedPacket {
  const kept = body.readUInt32LE(12);
  const options = readOptions(body.subarray(20 + ((kept + 3) & -4)));
  const flags = options.get(2)!.readUInt32LE();
  assert.ok(flags === 1 || flags === 2, `flags ${flags}`);
  const one = interfaces[body.readUInt32LE(0)];
  assert.ok(one !== undefined, 'its interface was described before it');
  return {
    interface: one,
    timeNs: (BigInt(body.readUInt32LE(4)) << 32n) | BigInt(body.readUInt32LE(8)),
    direction: flags === 1 ? 'in' : 'out',
    bytes: body.subarray(20, 20 + kept),
    length: body.readUInt32LE(16),
    comment: options.get(1)?.toString(),
  };
}

function readOptions(source: Buffer): Options {
  const options: Options = new Map();
  for (let at = 0; ; ) {
    const [code, length] = [source.readUInt16LE(at), source.readUInt16LE(at + 2)];
    const end = at + 4 + length;
    if (code === 0) {
      assert.equal(end, source.length, 'nothing stands behind the end of the options');
      return options;
    }
    options.set(code, source.subarray(at + 4, end));
    const next = at + 4 + ((length + 3) & -4);
    assert.ok(
      source.subarray(end, next).every((one) => one === 0),
      'padding is zero',
    );
    at = next;
  }
}
