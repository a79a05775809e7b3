/** The TCP of a stack as its user wants it: what he leaves out is as usual, nonsense is refused. */
import type { TcpConfig } from '../../types/tcp';
import { ConfigurationError } from '../support/configuration-error';
import { DEFAULT_TCP_CONFIG, ECN_MODES, LARGEST_BUFFER_BYTES } from '../tcp/config';
import { congestionControlNames, isCongestionControl } from '../tcp/congestion/registry';

type Setting = keyof TcpConfig;

const BUFFERS: readonly string[] = [
  'sendBufferBytes',
  'receiveBufferBytes',
  'sendBufferMaxBytes',
  'receiveBufferMaxBytes',
] satisfies Setting[];
/** What else may not be nought, or may be less. */
const LEAST: Readonly<Record<string, number>> = {
  initialWindowSegments: 1,
  initialRtoMs: 1,
  minRtoMs: 1,
  maxRtoMs: 1,
  lingerMs: -1,
} satisfies Partial<Record<Setting, number>>;

/** @throws ConfigurationError EINVAL: no such setting, or a value that it cannot have */
export function tcpConfigFrom(wanted: Partial<TcpConfig> = {}): TcpConfig {
  const config: Record<string, unknown> = { ...DEFAULT_TCP_CONFIG };
  for (const [name, value] of Object.entries(wanted)) {
    if (!Object.hasOwn(DEFAULT_TCP_CONFIG, name)) {
      const known = Object.keys(DEFAULT_TCP_CONFIG).join(', ');
      throw new ConfigurationError(`there is no tcp.${name}, only ${known}`);
    }
    if (value === undefined) continue;
    checkSetting(name, value);
    config[name] = value;
  }
  return config as unknown as TcpConfig;
}

function checkSetting(name: string, value: unknown): void {
  const type = typeof DEFAULT_TCP_CONFIG[name as Setting];
  if (typeof value !== type) refuse(name, value, `a ${type}`);
  if (typeof value === 'number') checkNumber(name, value);
  else if (name === 'congestionControl' && !isCongestionControl(String(value))) {
    refuse(name, value, `one of ${congestionControlNames().join(', ')}`);
  } else if (name === 'ecn' && !ECN_MODES.includes(value)) {
    refuse(name, value, `one of ${ECN_MODES.join(', ')}`);
  }
}

function checkNumber(name: string, value: number): void {
  if (BUFFERS.includes(name)) {
    const isRight = Number.isInteger(value) && value >= 1 && value <= LARGEST_BUFFER_BYTES;
    if (!isRight) refuse(name, value, `a whole number from 1 to ${LARGEST_BUFFER_BYTES}`);
  }
  const least = LEAST[name] ?? 0;
  if (!(value >= least)) refuse(name, value, `${least} or more`); // NaN is not
}

function refuse(name: string, value: unknown, wanted: string): never {
  throw new ConfigurationError(`tcp.${name} must be ${wanted}, not ${String(value)}`);
}
