/** What a user may choose for a raw link, and how it is checked. */
import { ArgumentError } from './argument-error';
import { KERNEL_RECEIVE_BYTES, KERNEL_SEND_BYTES } from './raw-descriptor';

/** What the kernel takes at least, and what fits into its int, doubled. */
const LEAST_BYTES = 2048;
const MOST_BYTES = 2 ** 30 - 1;

export interface RawLinkOptions {
  /**
   * How much the kernel may hold of what has arrived, and of what is to be sent, in bytes with the
   * kernel's own overhead: 8 MiB and 1 MiB unless given. Without CAP_NET_ADMIN no more than
   * net.core.rmem_max and wmem_max. What does not fit is lost (`droppedOverflow`), or waits.
   */
  receiveBufferBytes?: number;
  sendBufferBytes?: number;
  /**
   * Network namespace whose addresses the link has: a name of `ip netns`, or a path. The process's
   * own unless given; entering another needs CAP_SYS_ADMIN.
   */
  namespace?: string;
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
export function readRawLinkOptions(options: RawLinkOptions): Required<RawLinkOptions> {
  if (options === null || typeof options !== 'object') {
    throw new ArgumentError('ERR_INVALID_ARG_TYPE', 'options', 'of type object', options);
  }
  const {
    receiveBufferBytes = KERNEL_RECEIVE_BYTES,
    sendBufferBytes = KERNEL_SEND_BYTES,
    namespace = '',
  } = options;
  checkBytes('receiveBufferBytes', receiveBufferBytes);
  checkBytes('sendBufferBytes', sendBufferBytes);
  if (typeof namespace !== 'string') {
    const name = 'options.namespace';
    throw new ArgumentError('ERR_INVALID_ARG_TYPE', name, 'of type string', namespace);
  }
  return { receiveBufferBytes, sendBufferBytes, namespace };
}

function checkBytes(option: string, bytes: unknown): void {
  const name = `options.${option}`;
  if (typeof bytes !== 'number') {
    throw new ArgumentError('ERR_INVALID_ARG_TYPE', name, 'of type number', bytes);
  }
  if (!Number.isInteger(bytes) || bytes < LEAST_BYTES || bytes > MOST_BYTES) {
    const expected = `an integer from ${LEAST_BYTES} to ${MOST_BYTES}`;
    throw new ArgumentError('ERR_INVALID_ARG_VALUE', name, expected, bytes);
  }
}
