/**
 * An Ethernet of a test's own: a bridge in one namespace, whose kernel has an address on it, and a
 * port of the bridge in another, where nobody has one: there a station of ours may live.
 */
import { BareNamespace } from './bare-namespace';
import { ip } from './namespace';

export class EthernetSegment {
  /** Where the kernel lives, on `bridge`. */
  readonly kernel = new BareNamespace();
  /** Where the station lives, on `device`. */
  readonly station = new BareNamespace();
  readonly bridge = 'br0';
  readonly device = 'eth0';
  /** The bridge's end of the device. */
  readonly port = 'port0';
  readonly kernelAddress = '10.77.0.1';
  readonly stationAddress = '10.77.0.2';
  readonly kernelAddress6 = 'fd00:77::1';
  readonly stationAddress6 = 'fd00:77::2';

  constructor() {
    const { kernel, station, bridge, device, port } = this;
    kernel.ip('link', 'add', bridge, 'type', 'bridge', 'forward_delay', '0');
    const peer = ['peer', 'name', port, 'netns', kernel.name];
    ip('-n', station.name, 'link', 'add', device, 'type', 'veth', ...peer);
    // Nothing but the test is on this network.
    station.ip('link', 'set', device, 'addrgenmode', 'none');
    for (const name of [port, bridge]) kernel.ip('link', 'set', name, 'addrgenmode', 'none');
    kernel.ip('link', 'set', port, 'master', bridge);
    kernel.ip('address', 'add', `${this.kernelAddress}/24`, 'dev', bridge);
    kernel.ip('address', 'add', `${this.kernelAddress6}/64`, 'dev', bridge, 'nodad');
    for (const name of [port, bridge]) kernel.ip('link', 'set', name, 'up');
    station.ip('link', 'set', device, 'up');
  }

  /** What the kernel knows of its neighbours: `10.77.0.2 dev br0 lladdr 02:… REACHABLE`. */
  neighbours(): string {
    return this.kernel.run('ip', 'neighbour', 'show');
  }

  remove(): void {
    this.station.remove();
    this.kernel.remove();
  }
}
