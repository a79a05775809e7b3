/**
 * Keeps whole packets of what the rigs of a file of tests do, for tshark to look at when they are
 * done: all of a short run; of a long one the beginning, and of the rest some, whichever chance takes.
 */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CaptureFile } from '../../../lib/link/capture-file';
import { packetMemory } from '../../../lib/support/memory';
import { PCAP_INBOUND, PCAP_OUTBOUND } from '../../../lib/wire/pcapng';
import { findFaults, readWithTshark } from '../../support/tshark';
import { readCaptured } from './capture';
import { PacketSocket } from './packet-socket';
import { kernelTest } from './requirements';

/** Of a run that is longer than its queue, one packet in so many. */
const SAMPLE = 128;
const LONGEST_BYTES = 256 * 1024;

/** What the kernel keeps of a run, with its overhead; and as much again of a long one's rest. */
let queueBytes = 1024 * 1024;
/** For tests that may take their time. */
export function recordUpTo(bytes: number): void {
  queueBytes = bytes;
}

/** One for all rigs of the process, so that tshark is started once. */
let file: CaptureFile | null = null;
let scratch = 0;
let kept = 0;
let willBeChecked = false;
const PATH = join(tmpdir(), `usernet-recorded-${process.pid}.pcapng`);

export class Recorder {
  readonly #address: string;
  readonly #first: PacketSocket;
  readonly #some: PacketSocket;

  /** Arguments as of a Capture. */
  constructor(address: string, device: string, namespace: string) {
    if (file === null) open();
    this.#address = address;
    this.#first = new PacketSocket(address, device, { queueBytes, namespace });
    this.#some = new PacketSocket(address, device, { queueBytes, namespace, oneIn: SAMPLE });
  }

  /**
   * The run is over: what was heard goes to the file.
   * @param reasons why a reset was sent, by `from > to seq`; others will be found fault with
   */
  finish(name: string, reasons: ReadonlyMap<string, string>): void {
    this.#write(this.#first, name, reasons);
    if (this.#first.countMissed() > 0) this.#write(this.#some, `${name}, and so on`, reasons);
    this.close();
  }

  close(): void {
    this.#first.close();
    this.#some.close();
  }

  #write(socket: PacketSocket, name: string, reasons: ReadonlyMap<string, string>): void {
    const id = file!.addInterface(name);
    socket.read((packet) => {
      const segment = readCaptured(packet);
      const isOurs = segment?.from.startsWith(`${this.#address}:`);
      const direction = isOurs ? PCAP_OUTBOUND : PCAP_INBOUND;
      packetMemory.bytes.set(packet, scratch);
      if (segment?.isReset) file!.flush(); // so that there is room for a comment
      const time = BigInt(++kept) * 1000n; // their order is what counts
      const mark = file!.writePacket(id, time, scratch, packet.length, direction);
      if (segment?.isReset !== true) return;
      const reason = reasons.get(`${segment.from} > ${segment.to} ${segment.seq}`);
      if (reason !== undefined) file!.comment(mark, reason);
    });
  }
}

/** The last test of a file with rigs: what they recorded is without fault. */
export function checkRecorded(): void {
  willBeChecked = true;
  kernelTest('tshark finds no fault in what was recorded', ['tshark'], async (t) => {
    if (file === null) return; // whatever the rigs would have needed is missing
    const { path, dropped } = file;
    close();
    const packets = readWithTshark(path);
    t.equal(packets.length, kept, `${kept} packets`);
    t.equal(dropped, 0);
    const faults = findFaults(packets);
    t.same(faults.slice(0, 20), []);
    if (faults.length === 0) rmSync(path);
    else {
      const aside = path.replace('recorded', 'faults');
      renameSync(path, aside);
      t.comment(`${faults.length} faults in ${aside}`);
    }
  });
}

function open(): void {
  sweep();
  file = new CaptureFile(PATH);
  scratch = packetMemory.allocate(LONGEST_BYTES);
  process.once('exit', () => {
    if (willBeChecked) return;
    process.stderr.write(`nobody has looked at what was recorded (checkRecorded): ${PATH}\n`);
    process.exitCode = 1;
  });
}

/** What tests have left that were killed: their process is no more. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = /^usernet-recorded-(\d+)\.pcapng$/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) {
      rmSync(join(tmpdir(), name), { force: true });
    }
  }
}

function close(): void {
  file?.close();
  file = null;
  packetMemory.release(scratch, LONGEST_BYTES);
}
