/** A whole packet cut to pieces, as a router (IPv4) or its sender (IPv6) would, for tests. */
const MORE_FRAGMENTS = 0x2000;

/** @param bytes of payload in each piece but the last, a multiple of eight */
export function cutPacket(packet: Uint8Array, bytes: number, identification = 77): Buffer[] {
  const whole = Buffer.from(packet);
  return whole[0] >> 4 === 6
    ? cut6(whole, bytes, identification)
    : cut4(whole, bytes, identification);
}

function cut4(whole: Buffer, bytes: number, identification: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let from = 0; from < whole.length - 20; from += bytes) {
    const payload = whole.subarray(20 + from, 20 + Math.min(whole.length - 20, from + bytes));
    const piece = Buffer.concat([whole.subarray(0, 20), payload]);
    const more = 20 + from + bytes < whole.length ? MORE_FRAGMENTS : 0;
    piece.writeUInt16BE(piece.length, 2);
    piece.writeUInt16BE(identification, 4);
    piece.writeUInt16BE(more | (from >> 3), 6);
    piece.writeUInt16BE(0, 10);
    let sum = 0;
    for (let at = 0; at < 20; at += 2) sum += piece.readUInt16BE(at);
    piece.writeUInt16BE(0xffff - ((sum & 0xffff) + (sum >>> 16)), 10);
    pieces.push(piece);
  }
  return pieces;
}

function cut6(whole: Buffer, bytes: number, identification: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let from = 0; from < whole.length - 40; from += bytes) {
    const payload = whole.subarray(40 + from, 40 + Math.min(whole.length - 40, from + bytes));
    const extension = Buffer.alloc(8);
    extension.writeUInt8(whole[6], 0);
    extension.writeUInt16BE(from | (40 + from + bytes < whole.length ? 1 : 0), 2);
    extension.writeUInt32BE(identification, 4);
    const piece = Buffer.concat([whole.subarray(0, 40), extension, payload]);
    piece.writeUInt16BE(piece.length - 40, 4);
    piece.writeUInt8(44, 6);
    pieces.push(piece);
  }
  return pieces;
}
