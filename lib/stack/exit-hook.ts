/**
 * What a kernel does for a process that ends, and nobody else would do for ours: peers are told,
 * and the host's descriptors are closed in order. For stacks that talk over the host's own
 * addresses.
 */
interface Closable {
  close(): void;
}

const open = new Set<Closable>();

/** Closes the stack when the process ends, unless `forgetAtExit` comes first. */
export function closeAtExit(stack: Closable): void {
  if (open.size === 0) process.on('exit', closeAll);
  open.add(stack);
}

export function forgetAtExit(stack: Closable): void {
  if (open.delete(stack) && open.size === 0) process.off('exit', closeAll);
}

function closeAll(): void {
  for (const stack of open) stack.close();
}
