/** Every public member of `node:net`, of each Node it is for, is there, or its absence has a reason. */
import * as nodeNet from 'node:net';
import t from 'tap';
import * as usernet from '../../lib/index';
import { ABSENT, compareMembers, readMembers, VERSIONS } from './compat';

t.test('no member is missing without a reason', async (t) => {
  const rows = compareMembers();
  for (const { path, present, sameType } of rows) {
    if (ABSENT[path.split('.')[0]] !== undefined) t.notOk(present, `${path} is declared absent`);
    else t.ok(present && sameType, `${path} is there and of the same type`);
  }
  t.ok(rows.length > 70, `${rows.length} members`);
});

t.test('the lists are of the versions they say, and cover the Node that runs', async (t) => {
  for (const version of VERSIONS) t.equal(readMembers(version).node.split('.')[0], version);
  const major = process.versions.node.split('.')[0];
  const list = VERSIONS.find((version) => version === major);
  if (list === undefined) return;
  const listed = readMembers(list).members;
  for (const name of Object.keys(nodeNet)) {
    if (!name.startsWith('_') && name !== 'default') t.ok(name in listed, `${name} is listed`);
  }
});

t.test('what has no TCP in it is Node’s own', async (t) => {
  const [mine, nodes]: Record<string, unknown>[] = [usernet, nodeNet];
  for (const name of ['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'SocketAddress'] as const) {
    t.equal(mine[name], nodes[name], name);
  }
  t.equal(usernet.getDefaultAutoSelectFamily(), nodeNet.getDefaultAutoSelectFamily());
  t.equal(
    usernet.getDefaultAutoSelectFamilyAttemptTimeout(),
    nodeNet.getDefaultAutoSelectFamilyAttemptTimeout(),
  );
});
