/**
 * What must not call back any longer once the process ends: a native callback that finds no
 * JavaScript left to call aborts it. What listens to the same event later may still send.
 */
const stops = new Set<() => void>();

/** Calls `stop` when the process ends, unless `stopNoMore` comes first. */
export function stopAtExit(stop: () => void): void {
  if (stops.size === 0) process.on('exit', stopAll);
  stops.add(stop);
}

export function stopNoMore(stop: () => void): void {
  if (stops.delete(stop) && stops.size === 0) process.off('exit', stopAll);
}

function stopAll(): void {
  for (const stop of stops) stop();
}
