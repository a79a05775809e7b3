/** Addresses that a program will not speak with: `blockList` of `connect` and `createServer`. */
import * as nodeNet from 'node:net';
import { codedError, received } from './argument-errors';

/** @throws ERR_INVALID_ARG_TYPE, in the words of Node 22 */
export function blockListFrom(value: unknown): nodeNet.BlockList | null {
  if (!value) return null;
  if (value instanceof nodeNet.BlockList) return value;
  const found = received(value);
  const message = `The "options.blockList" property must be an net.BlockList. Received ${found}`;
  throw codedError(TypeError, 'ERR_INVALID_ARG_TYPE', message);
}

export function isBlocked(blockList: nodeNet.BlockList | null, address: string): boolean {
  if (blockList === null) return false;
  const family = nodeNet.isIP(address);
  return family !== 0 && blockList.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

export function blockedError(address: string): Error {
  return codedError(Error, 'ERR_IP_BLOCKED', `IP(${address}) is blocked by net.BlockList`);
}
