/** The release of Node that runs: where releases differ, we do what this one does. */
export const NODE_MAJOR = Number.parseInt(process.versions.node, 10);
