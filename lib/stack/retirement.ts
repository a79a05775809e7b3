/**
 * Ends TIME-WAIT early where it holds more of the host's ports than there should be.
 *
 * Each port costs a descriptor, and a program that makes connections quickly would have none left
 * within seconds: for files neither. So the oldest go first, as Linux's do over tcp_max_tw_buckets.
 * What they would still have done is to acknowledge a FIN again; the host's kernel now answers that
 * with RST, at a peer that has closed already.
 */
import { NetworkError } from '../support/network-error';
import type { Attachment } from './attachment';
import type { Endpoint } from './endpoint';
import type { Bound } from './listener-table';
import type { HeldPort } from './ports';
import type { Registry } from './registry';

/** Of the budget, how much is freed at once: looking for the oldest costs a look at all. */
const SHARE_FREED = 1 / 8;

/** `Ports.hold`, within the link's budget. @throws NetworkError like that, and EMFILE */
export function holdPort(
  registry: Registry,
  attachment: Attachment,
  bound: Bound,
  port: number,
): HeldPort {
  const { ports } = registry;
  const budget = attachment.link.claimBudget ?? Number.POSITIVE_INFINITY;
  if (ports.size >= budget) retire(registry, attachment, Math.ceil(budget * SHARE_FREED));
  try {
    return ports.hold(attachment, bound, port);
  } catch (error) {
    const isFull = error instanceof NetworkError && error.code === 'EMFILE';
    if (!isFull || retire(registry, attachment, Math.ceil(ports.size * SHARE_FREED)) === 0) {
      throw error;
    }
    return ports.hold(attachment, bound, port);
  }
}

/** @returns how many ports of the host are free again */
function retire(registry: Registry, attachment: Attachment, count: number): number {
  const waiting = registry.connections.list().filter((one) => holdsAlone(one, attachment));
  waiting.sort((a, b) => a.engine.deadline - b.engine.deadline);
  const oldest = waiting.slice(0, count);
  for (const endpoint of oldest) registry.retire(endpoint);
  return oldest.length;
}

function holdsAlone({ attachment, engine, heldPort }: Endpoint, where: Attachment): boolean {
  if (attachment !== where || engine.state !== 'TIME-WAIT') return false;
  return heldPort !== null && !heldPort.isShared;
}
