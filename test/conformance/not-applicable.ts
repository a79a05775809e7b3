/**
 * Requirements of RFC 9293 that no test can show to be met, each with the reason; `npm run
 * conformance` reads it. A MUST or SHOULD can only be not applicable; a MAY, and a should in small
 * letters, can be decided with no.
 */
import type { Decision } from '../../scripts/conformance/verdicts';

const SOURCE_ROUTES =
  'IP source routes are refused: they let a stranger choose the path of the answers, routers and ' +
  'Linux (accept_source_route = 0) drop them, and RFC 7126 §4.3 advises it. Options that arrive ' +
  'are skipped (MUST-50).';

function notApplicable(reason: string): Decision {
  return { verdict: 'not applicable', reason };
}

function no(reason: string): Decision {
  return { verdict: 'decided: no', reason };
}

export const decisions: Readonly<Record<string, Decision | undefined>> = {
  'MUST-51': notApplicable(SOURCE_ROUTES),
  'MUST-52': notApplicable(SOURCE_ROUTES),
  'MUST-53': notApplicable(SOURCE_ROUTES),
  'SHLD-24': notApplicable(SOURCE_ROUTES),
  'SHLD-13': notApplicable('Advice to applications; the stack uses urgent data only when asked.'),
  'SHLD-23': notApplicable('Advice to applications; the stack changes the field only when asked.'),
  'MAY-4': no(
    'A retransmission is cut anew from the send buffer, with a number of its own (RFC 6864).',
  ),
  'MAY-6': no('Peers that need a garbage octet (4.2BSD) are gone.'),
  'MAY-7': no('What lies beyond a window that has shrunk waits for it to open (SHLD-16).'),
  'MAY-9': no('`net` has nothing that would show it; congestion marks are counted (delivered_ce).'),
  'MAY-10': no('IP options are neither sent nor used, as on most of the Internet (RFC 7126).'),
  'MAY-11': no('IP options are neither sent nor used, as on most of the Internet (RFC 7126).'),
  'MAY-14': no('`net` has no call that would take back what was written; destroying resets.'),
  'MAY-15': no('`net` has no PUSH; MUST-60 and MUST-61 say what holds instead.'),
  'U-21': no(
    'ABORT frees everything at once, as on Linux: a new connection of the same ports has its ' +
      'numbers elsewhere (RFC 6528), and what is still on its way is answered with a reset.',
  ),
  'MAY-17': no('A stream has no place for it: `net` shows text as it comes.'),
};

/** What a reader should know of requirements that pass. */
export const remarks: Readonly<Record<string, string | undefined>> = {
  'MUST-20':
    'The stack is the IP layer here: after R1 it suspects the path (RFC 4821), and tells the user.',
};
