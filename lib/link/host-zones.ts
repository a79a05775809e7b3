/** The interfaces of the host as zones of link-local addresses (RFC 4007 §6, if_nametoindex(3)). */
import type { LinkZones } from '../../types/link';
import type { Libc } from './libc';

/** IF_NAMESIZE, the final zero included. */
const NAME_BYTES = 16;

export class HostZones implements LinkZones {
  readonly #libc: Libc;
  readonly #name = Buffer.alloc(NAME_BYTES);

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** A zone may also be named by its number, as everywhere on Linux. */
  indexOf(zone: string): number {
    if (zone === '' || Buffer.byteLength(zone) >= NAME_BYTES) return 0;
    this.#name.fill(0).write(zone);
    const index = this.#libc.if_nametoindex(this.#name);
    if (index !== 0 || !/^[1-9][0-9]*$/.test(zone)) return index;
    return this.nameOf(Number(zone)) === '' ? 0 : Number(zone);
  }

  nameOf(index: number): string {
    this.#name.fill(0);
    if (index <= 0 || this.#libc.if_indextoname(index, this.#name) === 0) return '';
    return this.#name.toString('utf8', 0, this.#name.indexOf(0));
  }
}
