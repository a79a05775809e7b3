/**
 * What each state makes of each segment, written out from RFC 9293 §3.10.7 as amended by RFC 5961
 * (blind attacks) and RFC 1337 (TIME-WAIT). `state-table.test.ts` runs every cell.
 *
 * A cell says what follows: WORDS has what each of them means; a dot is a segment that is dropped
 * without a word. A star marks where the engine differs from the letter of the RFC on purpose:
 * DEVIATIONS says why.
 */
import type { TcpState } from '../../types/tcp';

/** How a segment is made from the numbers of the state it meets. */
export interface Frame {
  /** RCV.NXT, and the right edge of the receive window. */
  rcvNxt: number;
  edge: number;
  /** SND.UNA, SND.NXT, and the acknowledgment that segments bear unless they are about ACKs. */
  una: number;
  nxt: number;
  ack: number;
}

export const EVENTS: Readonly<Record<string, (f: Frame) => string>> = {
  SYN: (f) => `S ${empty(f.rcvNxt)} win 65535 <mss 1000>`,
  'the first SYN again': () => 'S 0:0(0) win 65535 <mss 1000>',
  'SYN+ACK': (f) => `S. ${empty(f.rcvNxt)} ack ${f.ack} win 65535 <mss 1000>`,
  'SYN+ACK at the IRS': (f) => `S. 0:0(0) ack ${f.ack} win 65535 <mss 1000>`,
  'ACK far below SND.UNA': (f) => `. ${empty(f.rcvNxt)} ack ${f.una - 70_000} win 65535`,
  'ACK below SND.UNA': (f) => `. ${empty(f.rcvNxt)} ack ${f.una - 50} win 65535`,
  'ACK at SND.UNA': (f) => `. ${empty(f.rcvNxt)} ack ${f.una} win 65535`,
  'ACK at SND.NXT': (f) => `. ${empty(f.rcvNxt)} ack ${f.nxt} win 65535`,
  'ACK above SND.NXT': (f) => `. ${empty(f.rcvNxt)} ack ${f.nxt + 1} win 65535`,
  'RST at RCV.NXT': (f) => `R ${empty(f.rcvNxt)}`,
  'RST+ACK at RCV.NXT': (f) => `R. ${empty(f.rcvNxt)} ack ${f.nxt}`,
  'RST+ACK, ACK above': (f) => `R. ${empty(f.rcvNxt)} ack ${f.nxt + 1}`,
  'RST in the window': (f) => `R ${empty(f.rcvNxt + 1)}`,
  'RST behind the window': (f) => `R ${empty(f.edge)}`,
  'RST before the window': (f) => `R ${empty(f.rcvNxt - 1)}`,
  FIN: (f) => `F. ${empty(f.rcvNxt)} ack ${f.ack} win 65535`,
  'FIN ahead of its turn': (f) => `F. ${empty(f.rcvNxt + 50)} ack ${f.ack} win 65535`,
  'FIN before RCV.NXT': (f) => `F. ${empty(f.rcvNxt - 1)} ack ${f.ack} win 65535`,
  text: (f) => `P. ${text(f.rcvNxt, 100)} ack ${f.ack} win 65535`,
  'text ahead of its turn': (f) => `P. ${text(f.rcvNxt + 100, 100)} ack ${f.ack} win 65535`,
  'text across RCV.NXT': (f) => `P. ${text(f.rcvNxt - 50, 100)} ack ${f.ack} win 65535`,
  'text across the edge': (f) =>
    `P. ${text(f.rcvNxt, f.edge - f.rcvNxt + 100)} ack ${f.ack} win 65535`,
  'text behind the window': (f) => `P. ${text(f.edge, 100)} ack ${f.ack} win 65535`,
  'text before the window': (f) => `P. ${text(f.rcvNxt - 100, 100)} ack ${f.ack} win 65535`,
  'text without ACK': (f) => `P ${text(f.rcvNxt, 100)} win 65535`,
  URG: (f) => `U. ${empty(f.rcvNxt)} ack ${f.ack} win 65535 urg 50`,
  'URG with text': (f) => `PU. ${text(f.rcvNxt, 100)} ack ${f.ack} win 65535 urg 50`,
  'no flag at all': (f) => `- ${empty(f.rcvNxt)} win 65535`,
  /** Nothing arrives, for an hour. */
  nothing: () => '',
};

/** Before the handshake is over. `act` and `pas`: how SYN-RECEIVED was reached (MUST-11). */
const OPENING = `
                         CLOSED     LISTEN     SYN-SENT   SYN-RECEIVED/act  SYN-RECEIVED/pas
SYN                      rst+ack    syn+ack>SR syn+ack>SR ack               LISTEN
the first SYN again      rst+ack    syn+ack>SR syn+ack>SR syn+ack*          syn+ack*
SYN+ACK                  rst        rst        up+ack     ack               LISTEN
SYN+ACK at the IRS       rst        rst        up+ack     up*               ack
ACK far below SND.UNA    rst        rst        rst        rst               rst
ACK below SND.UNA        rst        rst        rst        rst               rst
ACK at SND.UNA           rst        rst        rst        rst               rst
ACK at SND.NXT           rst        rst        .          up                up
ACK above SND.NXT        rst        rst        rst        rst               rst
RST at RCV.NXT           .          .          .          refused           LISTEN
RST+ACK at RCV.NXT       .          .          refused    refused           LISTEN
RST+ACK, ACK above       .          .          .          refused           LISTEN
RST in the window        .          .          .          ack               ack
RST behind the window    .          .          .          .                 .
RST before the window    .          .          .          .                 .
FIN                      rst        rst        .          up+end>CW         up+end>CW
FIN ahead of its turn    rst        rst        .          up+ack            up+ack
FIN before RCV.NXT       rst        rst        .          ack               ack
text                     rst        rst        .          up+text           up+text
text ahead of its turn   rst        rst        .          up+ack            up+ack
text across RCV.NXT      rst        rst        .          up+half           up+half
text across the edge     rst        rst        .          up+full           up+full
text behind the window   rst        rst        .          ack               ack
text before the window   rst        rst        .          ack               ack
text without ACK         rst+ack    .          .          .                 .
URG                      rst        rst        .          up+urgent         up+urgent
URG with text            rst        rst        .          up+urgent+text    up+urgent+text
no flag at all           rst+ack    .          .          .                 .
nothing                  .          .          timeout    timeout           timeout
`;

/** Once both SYNs are acknowledged it no longer matters who opened; each cell runs for both. */
const SYNCHRONIZED = `
                       ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 CLOSE-WAIT CLOSING    LAST-ACK   TIME-WAIT
SYN                      ack        ack        ack        ack        ack        ack        ack
the first SYN again      ack        ack        ack        ack        ack        ack        ack
SYN+ACK                  ack        ack        ack        ack        ack        ack        ack
SYN+ACK at the IRS       ack        ack        ack        ack        ack        ack        ack
ACK far below SND.UNA    ack        ack        ack        ack        ack        ack        ack
ACK below SND.UNA        .          .          .          .          .          .          .
ACK at SND.UNA           .          .          .          .          .          .          .
ACK at SND.NXT           .          .>FW2      .          .          done>TW    done       .
ACK above SND.NXT        ack        ack        ack        ack        ack        ack        ack
RST at RCV.NXT           reset      reset      reset      broken*    done       done       .*
RST+ACK at RCV.NXT       reset      reset      reset      broken*    done       done       .*
RST+ACK, ACK above       reset      reset      reset      broken*    done       done       .*
RST in the window        ack        ack        ack        ack        ack        ack        .*
RST behind the window    .          .          .          .          .          .          .
RST before the window    .          .          .          .          .          .          .
FIN                      end>CW     end>CLOSING end>TW    .*         .*         .*         .*
FIN ahead of its turn    ack        ack        ack        .*         .*         .*         .*
FIN before RCV.NXT       ack        ack        ack        ack        ack        ack        ack
text                     text       text       text       .          .          .          .
text ahead of its turn   ack        ack        ack        .          .          .          .
text across RCV.NXT      half       half       half       .          .          .          .
text across the edge     full       full       full       .          .          .          .
text behind the window   ack        ack        ack        ack        ack        ack        ack
text before the window   ack        ack        ack        ack        ack        ack        ack
text without ACK         .          .          .          .          .          .          .
URG                      urgent     urgent     urgent     .          .          .          .
URG with text            urg+text   urg+text   urg+text   .          .          .          .
no flag at all           .          .          .          .          .          .          .
nothing                  timeout    timeout    .          timeout    timeout    timeout    gone
`;

export interface Outcome {
  /** Absent: the state stays. */
  state?: TcpState;
  /**
   * ack · late (an ACK after the delay) · syn+ack · rst (at SEG.ACK) · rst+ack (of the segment) ·
   * again (what is outstanding, until R2).
   */
  sent: string;
  /** What the user hears, in order. */
  heard: string;
}

/** [word, state, sent, heard] */
const WORDS: ReadonlyArray<readonly [string, TcpState | '=', string, string]> = [
  ['.', '=', '', ''],
  ['ack', '=', 'ack', ''],
  ['rst', '=', 'rst', ''],
  ['rst+ack', '=', 'rst+ack', ''],
  ['syn+ack', '=', 'syn+ack', ''],
  ['syn+ack>SR', 'SYN-RECEIVED', 'syn+ack', ''],
  ['up', 'ESTABLISHED', '', 'connected'],
  ['up+ack', 'ESTABLISHED', 'ack', 'connected'],
  ['up+end>CW', 'CLOSE-WAIT', 'ack', 'connected end'],
  ['up+text', 'ESTABLISHED', 'late', 'connected 100 bytes'],
  ['up+half', 'ESTABLISHED', 'late', 'connected 50 bytes'],
  ['up+full', 'ESTABLISHED', 'ack', 'connected 4000 bytes'],
  ['up+urgent', 'ESTABLISHED', '', 'connected urgent'],
  ['up+urgent+text', 'ESTABLISHED', 'late', 'connected urgent 100 bytes'],
  ['refused', 'CLOSED', '', 'ECONNREFUSED closed'],
  ['LISTEN', 'CLOSED', '', 'abandoned'], // the connection is gone, its listener listens on
  ['.>FW2', 'FIN-WAIT-2', '', ''],
  ['end>CW', 'CLOSE-WAIT', 'ack', 'end'],
  ['end>CLOSING', 'CLOSING', 'ack', 'end'],
  ['end>TW', 'TIME-WAIT', 'ack', 'end closed'],
  ['done>TW', 'TIME-WAIT', '', 'closed'],
  ['done', 'CLOSED', '', 'closed'],
  ['reset', 'CLOSED', '', 'ECONNRESET closed'],
  ['broken', 'CLOSED', '', 'EPIPE closed'],
  ['text', '=', 'late', '100 bytes'],
  ['half', '=', 'late', '50 bytes'],
  ['full', '=', 'ack', '3900 bytes'],
  ['urgent', '=', '', 'urgent'],
  ['urg+text', '=', 'late', 'urgent 100 bytes'],
  ['timeout', 'CLOSED', 'again', 'trouble ETIMEDOUT closed'],
  ['gone', 'CLOSED', '', ''],
];

/** [event, states, why] */
export const DEVIATIONS: ReadonlyArray<readonly [RegExp, readonly TcpState[], string]> = [
  [
    /^the first SYN again$/,
    ['SYN-RECEIVED'],
    'His SYN again means that our SYN-ACK was lost: it goes again, as in Linux, with its ACK.',
  ],
  [
    /^SYN\+ACK at the IRS$/,
    ['SYN-RECEIVED'],
    'Figure 7 lets it complete a simultaneous open; the first check would refuse it.',
  ],
  [
    /^RST/,
    ['CLOSE-WAIT'],
    'The user hears EPIPE instead of ECONNRESET, as in Linux: what fails is his own writing.',
  ],
  [/^RST/, ['TIME-WAIT'], 'RFC 1337 (F1): a reset does not end TIME-WAIT, nor is it challenged.'],
  [
    /^FIN( ahead of its turn)?$/,
    ['CLOSE-WAIT', 'CLOSING', 'LAST-ACK', 'TIME-WAIT'],
    'A stream ends once: behind the FIN there is no sequence number for another, as in Linux.',
  ],
];

/** What cannot be met, and why. */
export const UNREACHABLE: ReadonlyArray<readonly [TcpState, 'active' | 'passive', string]> = [
  ['LISTEN', 'active', 'an active OPEN begins with SYN-SENT'],
  ['SYN-SENT', 'passive', 'no call turns a listener into an active OPEN'],
];

export interface Cell {
  state: TcpState;
  opening: 'active' | 'passive';
  event: string;
  outcome: Outcome;
  deviates: boolean;
}

/** Every cell of both tables, once for each way of opening that it stands for. */
export function readCells(): Cell[] {
  return [...readTable(OPENING), ...readTable(SYNCHRONIZED)];
}

function readTable(table: string): Cell[] {
  const [head, ...rows] = table.trim().split('\n');
  const columns = head.trim().split(/\s+/);
  const names = Object.keys(EVENTS).sort((a, b) => b.length - a.length);
  return rows.flatMap((row) => {
    const event = names.find((name) => row.startsWith(`${name} `));
    if (event === undefined) throw new SyntaxError(`no event: ${row}`);
    const words = row.slice(event.length).trim().split(/\s+/);
    if (words.length !== columns.length) throw new SyntaxError(`a cell is not defined: ${row}`);
    return columns.flatMap((column, i) => readCell(column, event, words[i]));
  });
}

function readCell(column: string, event: string, word: string): Cell[] {
  const [name, how] = column.split('/');
  const state = name as TcpState;
  const plain = word.replace('*', '');
  const found = WORDS.find(([known]) => known === plain);
  if (found === undefined) throw new SyntaxError(`not an outcome: ${word}`);
  const [, next, sent, heard] = found;
  const outcome = { state: next === '=' ? undefined : next, sent, heard };
  const deviates = word !== plain;
  return (['active', 'passive'] as const)
    .filter((opening) => how === undefined || opening.startsWith(how))
    .filter((opening) => !UNREACHABLE.some(([s, o]) => s === state && o === opening))
    .map((opening) => ({ state, opening, event, outcome, deviates }));
}

function empty(at: number): string {
  return `${at}:${at}(0)`;
}

function text(from: number, length: number): string {
  return `${from}:${from + length}(${length})`;
}
