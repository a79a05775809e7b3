/** The machine that classic BPF programs are for, in JavaScript: what the kernel would do. */

/** @returns for a packet what the program returns: 0 drops it */
export function bpfMachine(code: Buffer): (packet: Buffer) => number {
  const size = code.length / 8;
  const [ops, ifTrue, ifFalse, ks] = [0, 1, 2, 3].map(() => new Float64Array(size));
  for (let at = 0; at < size; at++) {
    ops[at] = code.readUInt16LE(at * 8);
    ifTrue[at] = code[at * 8 + 2];
    ifFalse[at] = code[at * 8 + 3];
    ks[at] = code.readUInt32LE(at * 8 + 4);
  }
  return (packet) => run(ops, ifTrue, ifFalse, ks, packet);
}

function run(
  ops: Float64Array,
  ifTrue: Float64Array,
  ifFalse: Float64Array,
  ks: Float64Array,
  packet: Buffer,
): number {
  let [a, x, stored] = [0, 0, 0];
  for (let at = 0; ; at++) {
    const k = ks[at];
    switch (ops[at]) {
      case 0x06:
        return k;
      case 0x50:
        if (x + k >= packet.length) return 0;
        a = packet[x + k];
        break;
      case 0x28:
      case 0x48: {
        const from = ops[at] === 0x28 ? k : x + k;
        if (from + 2 > packet.length) return 0;
        a = (packet[from] << 8) | packet[from + 1];
        break;
      }
      case 0xb1:
        if (k >= packet.length) return 0;
        x = (packet[k] & 0x0f) * 4;
        break;
      case 0x00:
        a = k;
        break;
      case 0x60:
        a = stored;
        break;
      case 0x02:
        stored = a;
        break;
      case 0x0c:
        a = (a + x) >>> 0;
        break;
      case 0x54:
        a = (a & k) >>> 0;
        break;
      case 0x64:
        a = (a << k) >>> 0;
        break;
      case 0x74:
        a >>>= k;
        break;
      case 0x7c:
        a >>>= x;
        break;
      case 0x05:
        at += k;
        break;
      case 0x15:
        at += a === k ? ifTrue[at] : ifFalse[at];
        break;
      case 0x35:
        at += a >= k ? ifTrue[at] : ifFalse[at];
        break;
      case 0x45:
        at += (a & k) !== 0 ? ifTrue[at] : ifFalse[at];
        break;
      case 0x07:
        x = a;
        break;
      case 0x87:
        a = x;
        break;
      default:
        throw new Error(`instruction ${at}: no such operation`);
    }
  }
}
