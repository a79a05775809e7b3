/** An ICMP echo request from the kernel of a namespace (raw(7)), and whether it was answered. */
import { AF_INET, loadLibc, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW } from '../../../lib/link/libc';
import { withinNamespace } from '../../../lib/link/network-namespace';
import { until } from './within';

const IPPROTO_ICMP = 1;
const ECHO_REQUEST = 8;
const IP_HEADER_BYTES = 20;
const PATIENCE_MS = 5_000;

/**
 * @param bytes of data behind the header
 * @returns whether the answer has the same bytes
 */
export async function ping(namespace: string, address: string, bytes: number): Promise<boolean> {
  const libc = loadLibc();
  const type = SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = withinNamespace(libc, namespace, () => libc.socket(AF_INET, type, IPPROTO_ICMP));
  if (fd < 0) throw new Error(`ICMP socket: errno ${libc.errno()}`);
  const request = echoRequest(bytes);
  const answer = Buffer.alloc(65_536);
  const to = Buffer.from([
    AF_INET,
    0,
    0,
    0,
    ...address.split('.').map(Number),
    ...Array(8).fill(0),
  ]);
  const [from, into] = [libc.addressOf(request), libc.addressOf(answer)];
  try {
    if (libc.sendto(fd, from, request.length, 0, libc.addressOf(to), to.length) < 0) {
      throw new Error(`ICMP to ${address}: errno ${libc.errno()}`);
    }
    let length = -1;
    await until(PATIENCE_MS, `echo of ${bytes} bytes`, () => {
      length = libc.recv(fd, into, answer.length, 0);
      return length > 0;
    });
    const reply = answer.subarray(IP_HEADER_BYTES, length);
    return reply[0] === 0 && reply.subarray(4).equals(request.subarray(4));
  } finally {
    libc.close(fd);
  }
}

function echoRequest(bytes: number): Buffer {
  const request = Buffer.alloc(8 + bytes);
  request[0] = ECHO_REQUEST;
  request.writeUInt16BE(process.pid & 0xffff, 4);
  request.writeUInt16BE(1, 6);
  for (let i = 8; i < request.length; i++) request[i] = i;
  let sum = 0;
  for (let i = 0; i < request.length; i += 2) sum += (request[i] << 8) | (request[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  request.writeUInt16BE(0xffff - sum, 2);
  return request;
}
