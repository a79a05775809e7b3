/**
 * Which nodes are joined, and by which of its links each node reaches each host: the way with the
 * fewest links, of several such the one that was named first. Hosts do not forward.
 */
export interface Edge {
  readonly nodes: readonly [string, string];
}

export interface Topology {
  /** Index of the edge by which `node` reaches `host`; -1: it does not. */
  next(node: string, host: string): number;
}

/** @param isRouter may packets pass through the node? */
export function findRoutes(
  edges: readonly Edge[],
  hosts: readonly string[],
  isRouter: (node: string) => boolean,
): Topology {
  const tables = new Map(hosts.map((host) => [host, reach(edges, host, isRouter)]));
  return { next: (node, host) => tables.get(host)?.get(node) ?? -1 };
}

/** Breadth first, from the host outwards: the edge by which each node comes nearer to it. */
function reach(
  edges: readonly Edge[],
  host: string,
  isRouter: (node: string) => boolean,
): Map<string, number> {
  const next = new Map<string, number>();
  let frontier = [host];
  while (frontier.length > 0) {
    const farther: string[] = [];
    for (const near of frontier) {
      edges.forEach(({ nodes }, index) => {
        const side = nodes.indexOf(near);
        if (side === -1) return;
        const far = nodes[1 - side];
        if (far === host || next.has(far)) return;
        next.set(far, index);
        if (isRouter(far)) farther.push(far);
      });
    }
    frontier = farther;
  }
  return next;
}
