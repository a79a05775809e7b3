/**
 * A process of its own, run by host-link.test.ts with the name of what it is to find out. Prints
 * JSON.
 */
import { HostRoutes } from '../../lib/link/host-routes';
import { loadLibc } from '../../lib/link/libc';
import { RawLink } from '../../lib/link/raw-link';
import { RawSocketLink } from '../../lib/link/raw-socket-link';
import { address } from './link-cases';
import { RecordingHost } from './recording-host';

/** Where the namespace's routes lead: [source, mtu, is it the host's own?] of each argument. */
function routes(destinations: string[]): unknown {
  const routes = new HostRoutes(loadLibc());
  return destinations.map((text) => {
    const route = routes.routeTo(address(text));
    return [text, route?.source.text ?? null, route?.mtu ?? null, routes.isLocal(address(text))];
  });
}

/** What the raw links say without privileges. */
function unprivileged(): unknown {
  loadLibc();
  // The package cannot be built for every Node.
  const kinds = [RawLink, RawSocketLink].filter((Kind) => Kind.available() === true);
  process.setuid!(65_534);
  return kinds.map((Kind) => {
    const available = Kind.available();
    const link = new Kind();
    try {
      link.open(new RecordingHost());
      return { available, code: null, message: '' };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return { available, code, message };
    }
  });
}

const [what, ...rest] = process.argv.slice(2);
process.stdout.write(JSON.stringify(what === 'routes' ? routes(rest) : unprivileged()));
