/** Which stack a Socket or Server runs on. */
import type { TransportStack } from '../../types/stack';

/** The one that was chosen; else the default stack, which is made when it is first needed. */
export function chosenStack(choice: TransportStack | null): TransportStack {
  if (choice !== null) return choice;
  const room: { defaultStack(): TransportStack } = require('../stack/default-stack');
  return room.defaultStack();
}
