/** What of each version's `node:net` is there in usernet, and what is meant to be different. */
import * as nodeNet from 'node:net';
import * as usernet from '../../lib/index';
import { findMembers, type Members, readMembers, VERSIONS, type Version } from './members';

/** On purpose not as in `node:net`. */
export const DIFFERENCES: readonly (readonly [string, string])[] = [
  [
    'Pipes, descriptors, handles',
    '`connect(path)`, `new Socket({ fd })` and `{ handle }` give sockets of `node:net`. ' +
      'A Server that listens on one emits those, and has one listener at a time, as Node’s.',
  ],
  [
    'cluster',
    'Workers do not share listeners, each has a TCP of its own: `exclusive` is always the case, the ' +
      'second to listen gets EADDRINUSE with a word of advice, `dropMaxConnection` decides nothing.',
  ],
  [
    '`reusePort`',
    'Servers of one stack share a port (on every Node), connections are spread over them. Another ' +
      'process gets EADDRINUSE.',
  ],
  [
    '`BoundSocket`',
    'On every Node, without a descriptor (`fd()` is -1), and taken for all others; Linux lets a ' +
      'second one bind there and refuses the second listener. Paths need Node 24.',
  ],
  ['IPv6', 'Everywhere but over the `raw-socket` link: there `::` is 0.0.0.0.'],
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
    '`setTypeOfService`, `getTypeOfService`, `setKeepAlive` with interval and count or an object ' +
      '(Node 24) and `blockList` (Node 22) are there on every Node. `BlockList` and `SocketAddress` are the running ' +
      'Node’s own. What `maxConnections = 0` means, and whether ending an unconnected socket ' +
      'finishes it, follows the running Node.',
  ],
  ['Handles', '`socket._handle` is an object of ours, with few of the methods of libuv’s handles.'],
  [
    'Zones',
    'A link-local address needs its zone, as in `fe80::1%eth0`: EINVAL without. Since Node 22 libuv ' +
      'looks for an interface itself.',
  ],
  [
    'Threads',
    'A socket cannot be transferred to a worker thread (Node 24). In a worker, raw links look for ' +
      'packets each turn of the loop while there are some, else each millisecond.',
  ],
  [
    'Defaults of the TCP',
    'Buffers of 512 KiB to send and 1 MiB to receive, which grow; a kernel’s begin smaller. So ' +
      '`write` may be told of room where a kernel has none, never the reverse of what was promised.',
  ],
];

const OURS: Readonly<Record<string, unknown>> = usernet;
const NODES: Readonly<Record<string, unknown>> = nodeNet;

export interface Row {
  path: string;
  /** In which versions, as 20, 22, 24. */
  versions: Version[];
  present: boolean;
  /** Is it a member of a class that is handed on from Node, the same object? */
  isNodes: boolean;
  sameType: boolean;
}

export function compareMembers(): Row[] {
  const lists = VERSIONS.map((version) => [version, readMembers(version).members] as const);
  const paths = [...new Set(lists.flatMap(([, members]) => Object.keys(members)))].sort();
  const own = findMembers(usernet);
  return paths.map((path) => {
    const having = lists.filter(([, members]) => path in members);
    const isNodes = isHandedOn(path);
    const found = own[path] ?? inherited(path, own);
    return {
      path,
      versions: having.map(([version]) => version),
      present: isNodes || found !== undefined,
      isNodes,
      sameType: isNodes || having.every(([, members]) => members[path] === found),
    };
  });
}

/** Node's own functions and classes; the members of these come and go with the Node that runs. */
function isHandedOn(path: string): boolean {
  const [name] = path.split('.');
  return OURS[name] !== undefined && OURS[name] === NODES[name];
}

/** Our classes may have from another what Node's have of their own. */
function inherited(path: string, own: Members): string | undefined {
  const [, name, key] = /^(\w+)\.prototype\.(\w+)$/.exec(path) ?? [];
  if (name === undefined || own[name] === undefined) return undefined;
  const { prototype } = OURS[name] as { prototype: object };
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at)) {
    const descriptor = Object.getOwnPropertyDescriptor(at, key);
    if (descriptor) return descriptor.get !== undefined ? 'accessor' : typeof descriptor.value;
  }
  return undefined;
}
