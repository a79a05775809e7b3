/** How much text a link takes at once, by where it goes. */
import t from 'tap';
import { Attachment, type AttachmentOwner } from '../../lib/stack/attachment';
import { IpAddress } from '../../lib/wire/ip-address';
import type { Link } from '../../types/link';

const NEAR = IpAddress.parse('10.0.0.1')!;
const FAR = IpAddress.parse('10.0.0.9')!;

/** [the link's MTU, its most, its most to NEAR, trains?, split and burst to NEAR, to FAR, name] */
const LINKS: readonly (readonly [
  number,
  number,
  number | undefined,
  boolean,
  readonly [number, number],
  readonly [number, number],
  string,
])[] = [
  [1500, 1500, undefined, false, [0, 0], [0, 0], 'segments only'],
  [1500, 1500, undefined, true, [0, 65_535], [0, 65_535], 'trains'],
  [1500, 65_535, undefined, true, [65_535, 65_535], [65_535, 65_535], 'it cuts'],
  [1500, 65_535, 200_000, true, [200_000, 200_000], [65_535, 65_535], 'it cuts more for one'],
  [65_535, 65_535, 200_000, true, [200_000, 200_000], [0, 65_535], 'it cuts only for one'],
];

t.test('a link may take more at once to some', async (t) => {
  for (const [mtu, maxSegmentBytes, toNear, takesTrains, near, far, name] of LINKS) {
    const link = { mtu, maxSegmentBytes, takesTrains } as unknown as Link;
    if (toNear !== undefined) {
      const maxSegmentBytesTo = (to: IpAddress) => (to.equals(NEAR) ? toNear : maxSegmentBytes);
      Object.assign(link, { maxSegmentBytesTo });
    }
    const attachment = new Attachment(link, false, {} as AttachmentOwner);
    for (const [to, [split, burst]] of [
      [NEAR, near],
      [FAR, far],
    ] as const) {
      t.equal(attachment.splitBytesTo(to), split, `${name}: ${to.text}`);
      t.equal(attachment.burstBytesTo(to), burst);
      t.equal(attachment.sendsTrainsTo(to), takesTrains && split === 0);
    }
  }
});
