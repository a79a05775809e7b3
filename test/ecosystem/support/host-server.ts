/**
 * A server of the host's, on the kernel's TCP, for the length of one test: on a free port, in a
 * folder of its own, as the user that it insists on, ended by its pid.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, chownSync, constants, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import t, { type Test } from 'tap';
import { defaultStack } from '../../../lib';
import { createNodeServer } from '../../../lib/net/node-net';
import { Program, run } from '../../kernel/support/program';
import { findLack } from '../../kernel/support/requirements';
import { HOST } from '../../kernel/support/rig';

const TEST_TIMEOUT_MS = 60_000;
const VERSIONS = '/usr/lib/postgresql';

export { HOST };

/** Where a server gets its files, and as whom it runs. */
export interface Place {
  folder: string;
  port: number;
  /** null: as we do */
  user: string | null;
}

export interface ServerRecipe {
  program: string;
  /** Whose rights it takes when we are root; it will not run with root's. */
  user?: string;
  /** Programs and arguments that prepare its folder. */
  prepare?(place: Place): [program: string, args: string[]][];
  args(place: Place): string[];
  /** What it says when it serves. */
  ready: RegExp;
}

/** A test of the file that calls it, skipped where raw sockets or programs are missing; not in CI. */
export function serverTest(
  name: string,
  recipe: ServerRecipe,
  run: (t: Test, port: number) => Promise<void>,
): void {
  const found = findProgram(recipe.program) !== null;
  const lack = found ? findLack('raw') : `${recipe.program} is not installed`;
  if (lack !== null) {
    if (process.env.CI) t.fail(`${name}: ${lack}`);
    else t.test(name, { skip: lack }, async () => undefined);
    return;
  }
  t.test(name, { timeout: TEST_TIMEOUT_MS }, async (t) => {
    const port = await start(t, recipe);
    await run(t, port);
  });
}

/** Do connections to `port` of the host run on the default stack now, and none in the kernel? */
export function checkCarried(t: Test, port: number, connections = 1): void {
  const found = defaultStack().connections();
  const count = found.filter(({ remotePort }) => remotePort === port).length;
  t.ok(count >= connections, `${count} connections to the server run on the stack`);
  const ofKernel = process.getActiveResourcesInfo().filter((one) => one.startsWith('TCPSocket'));
  t.same(ofKernel, [], 'and none in the kernel');
}

async function start(t: Test, recipe: ServerRecipe): Promise<number> {
  const user = process.getuid?.() === 0 ? (recipe.user ?? null) : null;
  const folder = mkdtempSync(join(tmpdir(), `usernet-${recipe.program}-`));
  const place = { folder, port: await freePort(), user };
  let server: Program | null = null;
  t.teardown(async () => {
    if (server !== null) await stop(server);
    rmSync(folder, { recursive: true, force: true });
  });
  if (user !== null) chownSync(folder, idOf('-u', user), idOf('-g', user));
  for (const [program, args] of recipe.prepare?.(place) ?? []) {
    const { status, errors } = await run(...as(user, program, args));
    if (status !== 0) throw new Error(`${program}: ${errors}`);
  }
  server = new Program(...as(user, recipe.program, recipe.args(place)));
  await server.announced(recipe.ready);
  return place.port;
}

async function stop(server: Program): Promise<void> {
  try {
    process.kill(server.pid, 'SIGTERM');
  } catch {
    return; // it has ended by itself
  }
  await server.finished();
}

/** setpriv becomes the program, so that the pid stays. */
function as(user: string | null, program: string, args: string[]): [string, string[]] {
  const path = findProgram(program) ?? program;
  if (user === null) return [path, args];
  return ['setpriv', [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', path, ...args]];
}

function idOf(option: '-u' | '-g', user: string): number {
  return Number(execFileSync('id', [option, user], { encoding: 'utf8' }));
}

function findProgram(name: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const paths = [...folders, ...postgresFolders()].map((folder) => join(folder, name));
  return paths.find(isExecutable) ?? null;
}

/** Debian keeps these beside the path, one folder a version. */
function postgresFolders(): string[] {
  try {
    return readdirSync(VERSIONS).map((version) => join(VERSIONS, version, 'bin'));
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Free a moment ago, in the kernel. */
async function freePort(): Promise<number> {
  const server = createNodeServer();
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
