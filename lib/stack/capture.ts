/** What a stack writes the packets of all its links to; and where a process wants them. */
import { threadId } from 'node:worker_threads';
import type { Link } from '../../types/link';
import type { CaptureFile } from '../link/capture-file';
import { links } from '../link/on-demand';

export class StackCapture {
  readonly #file: CaptureFile;
  readonly #isOwn: boolean;

  /** @throws NetworkError EACCES, ENOENT, … where the file cannot be made */
  constructor(file: string | CaptureFile) {
    this.#isOwn = typeof file === 'string';
    this.#file = typeof file === 'string' ? new links.CaptureFile(file) : file;
  }

  /** @param inside what is sent on it comes back on it, and is shown once */
  wrap(link: Link, inside: boolean): Link {
    return new links.CaptureLink(link, { file: this.#file, inboundOnly: inside });
  }

  /** Closes the file, if it is the stack's own. */
  close(): void {
    if (this.#isOwn) this.#file.close();
  }
}

/** Says to the processes that this one starts that the file is in use. */
const TAKEN = 'USERNET_CAPTURE_TAKEN';

/**
 * Where `USERNET_CAPTURE` wants the packets of this process. Its children and worker threads have
 * the variable, too, and one file cannot hold what several write: theirs have a number in the name.
 */
export function capturePath(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const path = env.USERNET_CAPTURE;
  if (path === undefined || path === '') return undefined;
  if (env[TAKEN] !== path) {
    env[TAKEN] = path;
    return path;
  }
  const number = threadId === 0 ? String(process.pid) : `${process.pid}-${threadId}`;
  return path.replace(/(?:\.[^./]*)?$/, (extension) => `-${number}${extension}`);
}
