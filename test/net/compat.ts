/** What of each version's `node:net` is there in usernet, and what is meant to be different. */
import { readdirSync, readFileSync } from 'node:fs';
import * as nodeNet from 'node:net';
import { join } from 'node:path';
import * as usernet from '../../lib/index';

export const VERSIONS = ['20', '22', '24'] as const;
export type Version = (typeof VERSIONS)[number];

/** Public members by path, and whether each is an accessor or of which type. */
export type Members = Record<string, string>;

/** Members that are not there, and why. */
export const ABSENT: Readonly<Record<string, string>> = {
  BoundSocket: 'hands a kernel’s descriptor about; there is none under a socket of ours',
};

/** On purpose not as in `node:net`. */
export const DIFFERENCES: readonly (readonly [string, string])[] = [
  [
    'Pipes, descriptors, handles',
    '`connect(path)`, `new Socket({ fd })` and `{ handle }` give sockets of `node:net`. ' +
      'A Server that listens on one emits those, and has one listener at a time, as Node’s.',
  ],
  [
    'cluster',
    'Workers do not share listeners: each process has a TCP of its own. `exclusive` is accepted and ' +
      'always the case, `reusePort` is accepted and a port still has one listener, ' +
      '`dropMaxConnection` has nothing to decide.',
  ],
  ['IPv6', 'Only IPv4 packets are carried yet. `ipv6Only` is accepted and has no effect.'],
  [
    'Data right before a reset',
    'A reset drops what has arrived and was not read (RFC 9293 §3.10.7.4): ECONNRESET. libuv ' +
      'delivers it if it polls both at once, and then reports an end instead of the reset.',
  ],
  [
    'When a reset is noticed',
    'Over a kernel’s loopback the answer to a write is there when the call returns, so that a second ' +
      'write in the same turn fails. Here it comes in the next turn.',
  ],
  [
    'After both have ended',
    '`remoteAddress` stays known while the socket lives; a kernel forgets it.',
  ],
  [
    'Newer than the Node that runs',
    '`setTypeOfService`, `getTypeOfService`, `setKeepAlive` with interval and count (Node 24) and ' +
      '`blockList` (Node 22) are there on every Node. `BlockList` and `SocketAddress` are the running ' +
      'Node’s own. What `maxConnections = 0` means, and whether ending an unconnected socket ' +
      'finishes it, follows the running Node.',
  ],
  ['Handles', '`socket._handle` is an object of ours, with few of the methods of libuv’s handles.'],
  ['Threads', 'A socket cannot be transferred to a worker thread (Node 24).'],
  [
    'Defaults of the TCP',
    'Buffers of 512 KiB to send and 1 MiB to receive, which grow; a kernel’s begin smaller. So ' +
      '`write` may be told of room where a kernel has none, never the reverse of what was promised.',
  ],
];

export function readMembers(version: Version): { node: string; members: Members } {
  return JSON.parse(readFileSync(join(__dirname, `members-${version}.json`), 'utf8'));
}

const NODES_OWN = 'of Node';

export interface Row {
  path: string;
  /** In which versions, as 20, 22, 24. */
  versions: Version[];
  present: boolean;
  /** Is it a member of a class that is handed on from Node? */
  isNodes: boolean;
  sameType: boolean;
  /** Test files of this folder that use it. */
  tests: number;
}

export function compareMembers(): Row[] {
  const lists = VERSIONS.map((version) => [version, readMembers(version).members] as const);
  const paths = [...new Set(lists.flatMap(([, members]) => Object.keys(members)))].sort();
  const texts = testTexts();
  return paths.map((path) => {
    const having = lists.filter(([, members]) => path in members);
    const found = nodesOwn(path) ?? typeAt(usernet, path);
    const types = having.map(([, members]) => members[path]);
    const name = /(\w+)\W*$/.exec(path)![1];
    const use = new RegExp(path.includes('.prototype.') ? `\\.${name}\\b` : `\\b${name}\\b`);
    return {
      path,
      versions: having.map(([version]) => version),
      present: found !== null,
      isNodes: found === NODES_OWN,
      sameType: found !== null && types.some((type) => isSame(type, found)),
      tests: texts.filter((text) => use.test(text)).length,
    };
  });
}

/** Members of classes that are Node's own object come and go with Node. */
function nodesOwn(path: string): string | null {
  const isOwn =
    (path.startsWith('BlockList.') && usernet.BlockList === nodeNet.BlockList) ||
    (path.startsWith('SocketAddress.') && usernet.SocketAddress === nodeNet.SocketAddress);
  return isOwn ? NODES_OWN : null;
}

/** `BlockList` is made when it is first asked for in Node, an accessor until then. */
function isSame(type: string, found: string): boolean {
  return type === found || found === NODES_OWN || (type === 'accessor' && found === 'function');
}

function typeAt(root: object, path: string): string | null {
  const symbolic = path.replace('[Symbol.asyncDispose]', '.[Symbol.asyncDispose]');
  const keys = symbolic.split(/\.(?=\w|\[)(?!asyncDispose)/);
  let object: unknown = root;
  let descriptor: PropertyDescriptor | undefined;
  for (const name of keys) {
    const key = name === '[Symbol.asyncDispose]' ? Symbol.asyncDispose : name;
    descriptor = findProperty(object, key);
    if (descriptor === undefined) return null;
    if (descriptor.get !== undefined && key !== keys[keys.length - 1]) object = descriptor.get();
    else object = descriptor.value;
  }
  if (descriptor === undefined) return null;
  // Module namespaces that a compiler made have getters of their own.
  const isNamespace = keys.length === 1 && descriptor.get !== undefined;
  if (isNamespace) return typeof descriptor.get!.call(root);
  return descriptor.get !== undefined ? 'accessor' : typeof descriptor.value;
}

function findProperty(object: unknown, key: PropertyKey): PropertyDescriptor | undefined {
  for (let at = object; at !== null && at !== undefined; at = Object.getPrototypeOf(at)) {
    const descriptor = Object.getOwnPropertyDescriptor(at, key);
    if (descriptor !== undefined) return descriptor;
  }
  return undefined;
}

function testTexts(): string[] {
  const names = readdirSync(__dirname, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.ts') && name !== 'compat.ts')
    .map((name) => readFileSync(join(__dirname, name), 'utf8'));
}
