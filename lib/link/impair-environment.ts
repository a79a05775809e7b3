/** How the environment wants links to be broken: `USERNET_IMPAIR="loss=0.01,delayMs=40,seed=7"`. */
import { ConfigurationError } from '../support/configuration-error';
import type { ImpairLinkOptions } from './impair-link';

const NUMBERS = [
  'seed',
  'rate',
  'delayMs',
  'jitterMs',
  'queueBytes',
  'loss',
  'duplicate',
  'reorder',
  'reorderDelayMs',
  'corrupt',
] as const;

/**
 * Names of `Impairments` and their values, with commas between them; for both directions.
 * @returns null where the variable is not set
 * @throws NetworkError EINVAL naming what makes no sense
 */
export function impairOptionsFrom(environment: NodeJS.ProcessEnv): ImpairLinkOptions | null {
  const text = environment.USERNET_IMPAIR;
  if (text === undefined || text === '') return null;
  const options: Record<string, number> = {};
  for (const part of text.split(',')) {
    const [name, value] = part.split('=').map((one) => one.trim());
    const number = Number(value);
    const isKnown = (NUMBERS as readonly string[]).includes(name);
    if (!isKnown || value === undefined || value === '' || Number.isNaN(number)) {
      const remedy = `it is a list like loss=0.01,delayMs=40, of ${NUMBERS.join(', ')}`;
      throw new ConfigurationError(`USERNET_IMPAIR says ${part}: ${remedy}`);
    }
    options[name] = number;
  }
  return options;
}
