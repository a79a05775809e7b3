/**
 * Runs benchmarks, each in a process of its own: `npm run bench`, or `npm run bench -- bulk raw`.
 *
 * The peer's speed depends on the kernel's congestion control, so whatever talks to the kernel runs
 * in a network namespace of its own under one named controller (`--control reno,bbr`; reno unless
 * told). Without the privilege it runs where it is, and says so.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

interface Benchmark {
  name: string;
  /** Does the kernel's TCP take part, and so its congestion control? */
  kernel: boolean;
  /** Is it among the quick ones, all of which together take less than a minute? */
  quick: boolean;
}

/** All but `lab-kernel`, which takes an hour: it has a script and arguments of its own. */
const ALL: readonly Benchmark[] = [
  { name: 'hot-path', kernel: false, quick: true },
  { name: 'ack-cost', kernel: false, quick: false },
  { name: 'bulk', kernel: true, quick: true },
  { name: 'ping-pong', kernel: true, quick: true },
  { name: 'connections', kernel: true, quick: true },
  { name: 'idle', kernel: true, quick: false },
  { name: 'live', kernel: false, quick: false },
  { name: 'scaling', kernel: false, quick: false },
  { name: 'raw', kernel: true, quick: false },
  { name: 'foreign', kernel: true, quick: false },
  // In namespaces that it makes itself.
  { name: 'tun', kernel: false, quick: false },
  { name: 'ethernet', kernel: false, quick: false },
  { name: 'simulation', kernel: false, quick: false },
];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    control: { type: 'string', default: 'reno' },
    json: { type: 'string' },
  },
});

main(positionals);

function main(names: readonly string[]): void {
  const unknown = names.filter((name) => !ALL.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0) {
    const known = ALL.map(({ name }) => name).join(', ');
    console.error(`no benchmark '${unknown[0]}'; there are: ${known}`);
    process.exitCode = 2;
    return;
  }
  const chosen = ALL.filter(({ name, quick }) =>
    names.length > 0 ? names.includes(name) : quick || !options.quick,
  );
  const log = options.json === undefined ? undefined : resolve(options.json);
  if (log !== undefined) writeFileSync(log, '');
  for (const benchmark of chosen) {
    const controls = benchmark.kernel ? options.control.split(',') : [null];
    for (const control of controls) runOne(benchmark.name, control, log);
  }
  if (log !== undefined) writeFileSync(log, asArray(readFileSync(log, 'utf8')));
}

function runOne(name: string, control: string | null, log: string | undefined): void {
  const node = [process.execPath, '--expose-gc', join(__dirname, `${name}.js`)];
  const [command, ...args] = control === null ? node : inNamespace(control, node);
  const env = {
    ...process.env,
    ...(options.quick && { USERNET_BENCH_QUICK: '1' }),
    ...(log !== undefined && { USERNET_BENCH_JSON: log, USERNET_BENCH_NAME: name }),
    ...(control !== null && { USERNET_BENCH_CONTROL: control }),
  };
  const { status } = spawnSync(command, args, { stdio: 'inherit', env });
  if (status !== 0) process.exitCode = 1;
  console.log('');
}

function inNamespace(control: string, command: readonly string[]): readonly string[] {
  if (spawnSync('unshare', ['-n', 'true']).status !== 0) {
    console.log('# no right to a network namespace: with the congestion control that is set here');
    return command;
  }
  const setUp = `ip link set lo up && sysctl -qw net.ipv4.tcp_congestion_control=${control}`;
  return ['unshare', '-n', 'sh', '-c', `${setUp} && exec "$0" "$@"`, ...command];
}

/** The rows that the benchmarks have appended, a line each, as one document. */
function asArray(lines: string): string {
  const rows = lines.split('\n').filter((line) => line !== '');
  return `[\n${rows.map((row) => `  ${row}`).join(',\n')}\n]\n`;
}
