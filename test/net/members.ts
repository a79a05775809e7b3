/** The public members of a `net`, found by reflection. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const VERSIONS = ['20', '22', '24'] as const;
export type Version = (typeof VERSIONS)[number];

/** Public members by path (`Socket.prototype.connect`), and whether accessor or of which type. */
export type Members = Record<string, string>;

export interface MemberList {
  node: string;
  members: Members;
}

const CLASSES = ['BlockList', 'BoundSocket', 'Server', 'Socket', 'SocketAddress'];
/** What every function has. */
const OF_FUNCTIONS = new Set(['length', 'name', 'prototype', 'arguments', 'caller', 'constructor']);
const SYMBOLS = ['asyncDispose', 'dispose'] as const;

/** Names that begin with an underscore are Node's own affair, and so are most symbols. */
export function findMembers(net: object): Members {
  const found: Members = {};
  const top = net as Record<string, { prototype: object }>;
  for (const [name, type] of propertiesOf(net)) if (name !== 'default') found[name] = type;
  for (const name of CLASSES) {
    if (top[name] === undefined) continue;
    for (const [key, type] of propertiesOf(top[name])) found[`${name}.${key}`] = type;
    for (const [key, type] of propertiesOf(top[name].prototype)) {
      found[`${name}.prototype${key.startsWith('[') ? key : `.${key}`}`] = type;
    }
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What each release has: `npm run net-compat -- --members` under that Node writes its list. */
export function readMembers(version: Version): MemberList {
  return JSON.parse(readFileSync(listPath(version), 'utf8'));
}

export function listPath(version: Version): string {
  return join(__dirname, `members-${version}.json`);
}

function propertiesOf(object: object): [string, string][] {
  const found: [string, string][] = [];
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
    if (name.startsWith('_') || OF_FUNCTIONS.has(name)) continue;
    found.push([name, typeOf(object, name, descriptor)]);
  }
  for (const name of SYMBOLS) {
    const symbol = Symbol[name];
    const descriptor = symbol && Object.getOwnPropertyDescriptor(object, symbol);
    if (descriptor) found.push([`[Symbol.${name}]`, typeOf(object, symbol, descriptor)]);
  }
  return found;
}

/**
 * Of a module's members the value counts: Node makes some when they are first asked for, and a
 * compiler makes getters of all exports.
 */
function typeOf(object: object, key: PropertyKey, { get, value }: PropertyDescriptor): string {
  if (get === undefined) return typeof value;
  return 'createConnection' in object ? typeof Reflect.get(object, key) : 'accessor';
}
