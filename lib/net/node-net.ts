/**
 * Node's own `net`, as it was when this package was loaded.
 *
 * `usernet/register` puts other functions into the module; what has no TCP of ours in it (pipes,
 * descriptors, handles) must still find the originals.
 */
import net from 'node:net';

export const { Socket: NodeSocket, Server: NodeServer } = net;
export const { connect: nodeConnect, createServer: createNodeServer } = net;
