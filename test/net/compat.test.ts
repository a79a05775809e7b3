/** Every public member of `node:net`, of each Node it is for, is there. */
import * as nodeNet from 'node:net';
import t from 'tap';
import * as usernet from '../../lib/index';
import { compareMembers } from './compat';
import { findMembers, readMembers, VERSIONS } from './members';

t.test('no member is missing, and each is of the same type', async (t) => {
  const rows = compareMembers();
  for (const { path, present, sameType } of rows) t.ok(present && sameType, path);
  t.ok(rows.length > 75, `${rows.length} members`);
});

t.test('the lists are of the versions they say, and true of the Node that runs', async (t) => {
  for (const version of VERSIONS) t.equal(readMembers(version).node.split('.')[0], version);
  const major = process.versions.node.split('.')[0];
  const list = VERSIONS.find((version) => version === major);
  if (list !== undefined) t.same(findMembers(nodeNet), readMembers(list).members);
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
