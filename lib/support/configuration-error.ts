/** What somebody chose makes no sense: EINVAL, and the words of it are for him to read. */
import { NetworkError } from './network-error';

export class ConfigurationError extends NetworkError {
  constructor(detail: string) {
    super('EINVAL', detail);
  }
}
