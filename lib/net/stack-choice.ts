/** Which stack a Socket or Server runs on. */
import type { TransportStack } from '../../types/stack';
import { defaultStack } from '../stack/default-stack';

/** The one that was chosen; else the default stack, which is made when it is first needed. */
export function chosenStack(choice: TransportStack | null): TransportStack {
  return choice ?? defaultStack();
}
