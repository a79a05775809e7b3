/**
 * Preloaded into a test file: notes which members of usernet's `net` the test calls, and writes
 * their paths to the file that `USERNET_RECORD` names.
 *
 * Calls that usernet makes of itself do not count (what is called within a call is not noted), nor
 * those of Node's streams.
 */
'use strict';
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');

const ROOT = join(__dirname, '..', '..');
const used = new Set();
let depth = 0;

function noted(path, fn, self, args) {
  note(path);
  depth++;
  try {
    return Reflect.apply(fn, self, args);
  } finally {
    depth--;
  }
}

function note(path) {
  if (depth > 0 || used.has(path)) return;
  const callers = new Error().stack.split('\n').slice(1);
  const caller = callers.find((line) => !line.includes(__filename));
  if (!caller?.includes('node:')) used.add(path);
}

function wrap(path, fn) {
  const wrapped = function (...args) {
    return noted(path, fn, this, args);
  };
  Object.defineProperty(wrapped, 'length', { value: fn.length });
  Object.defineProperty(wrapped, 'name', { value: fn.name });
  return wrapped;
}

/** Each property of the class, wherever it inherits it from, as one of its own that notes its use. */
function watchClass(prototype, keys) {
  for (const [key, path] of keys) {
    let owner = prototype;
    while (owner !== null && !Object.hasOwn(owner, key)) owner = Object.getPrototypeOf(owner);
    if (owner === null) continue;
    const descriptor = Object.getOwnPropertyDescriptor(owner, key);
    for (const part of ['get', 'set', 'value']) {
      if (typeof descriptor[part] === 'function') descriptor[part] = wrap(path, descriptor[part]);
    }
    Object.defineProperty(prototype, key, { ...descriptor, configurable: true });
  }
}

/** The module's functions and classes themselves. */
function watchNet(net) {
  const watched = {};
  for (const [name, value] of Object.entries(net)) {
    watched[name] = new Proxy(value, {
      apply: (fn, self, args) => noted(name, fn, self, args),
      construct: (fn, args, target) => {
        note(name);
        return Reflect.construct(fn, args, target);
      },
    });
  }
  return watched;
}

function keysOf(name) {
  const { VERSIONS, readMembers } = require(join(ROOT, 'test/net/members.ts'));
  const head = `${name}.prototype`;
  const paths = new Set(VERSIONS.flatMap((one) => Object.keys(readMembers(one).members)));
  return [...paths]
    .filter((path) => path.startsWith(head))
    .map((path) => {
      const symbol = /\[Symbol\.(\w+)\]$/.exec(path);
      return [symbol ? Symbol[symbol[1]] : path.slice(head.length + 1), path];
    });
}

const { Socket } = require(join(ROOT, 'lib/net/socket.ts'));
const { Server } = require(join(ROOT, 'lib/net/server.ts'));
const { BoundSocket } = require(join(ROOT, 'lib/net/bound-socket.ts'));
for (const [name, made] of Object.entries({ Socket, Server, BoundSocket })) {
  watchClass(made.prototype, keysOf(name));
}
const path = join(ROOT, 'lib/net/create-net.ts');
const { createNet } = require(path);
const entry = Object.values(require.cache).find((one) => one?.filename === path);
entry.exports = { createNet: (stack) => watchNet(createNet(stack)) };

process.on('exit', () => writeFileSync(process.env.USERNET_RECORD, JSON.stringify([...used])));
