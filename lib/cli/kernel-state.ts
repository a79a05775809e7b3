/** The state of a connection in the Linux kernel's own TCP, as /proc/net/tcp tells it. */
import { readFileSync } from 'node:fs';
import type { TcpState } from '../../types/tcp';

/** Linux's numbers (include/net/tcp_states.h). */
const STATES: Readonly<Record<string, TcpState>> = {
  '01': 'ESTABLISHED',
  '02': 'SYN-SENT',
  '03': 'SYN-RECEIVED',
  '04': 'FIN-WAIT-1',
  '05': 'FIN-WAIT-2',
  '06': 'TIME-WAIT',
  '07': 'CLOSED',
  '08': 'CLOSE-WAIT',
  '09': 'LAST-ACK',
  '0A': 'LISTEN',
  '0B': 'CLOSING',
  '0C': 'SYN-RECEIVED',
};

/** @returns CLOSED when the kernel knows no such connection (any more) */
export function kernelState(localPort: number, remotePort: number): TcpState {
  const local = hexPort(localPort);
  const remote = hexPort(remotePort);
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
    const [, localEnd = '', remoteEnd = '', state = ''] = line.trim().split(/\s+/);
    if (localEnd.endsWith(local) && remoteEnd.endsWith(remote)) return STATES[state] ?? 'CLOSED';
  }
  return 'CLOSED';
}

function hexPort(port: number): string {
  return `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}
