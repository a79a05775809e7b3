/**
 * The packet-script notation: reads a script into steps. Pure; `script` runs them.
 *
 * One step a line: when, what. Comments run from `//` to the end of the line.
 *
 *     0     listen 80            at an absolute time, in seconds of virtual time
 *     +.1   < S 0:0(0) win 65535 <mss 1460>      that long after the line before: the peer sends
 *     +0    > S. 0:0(0) ack 1 <mss 1460,...>     the stack must send, then, this and nothing else
 *     &     < P. 1:101(100) ack 1 win 257        in one batch, or one turn, with the line before
 *
 *     listen PORT [backlog]  connect PORT  accept
 *     write BYTES  urgent BYTES  read BYTES (all there is)  take BYTES (of what there is)
 *     shutdown  abort  close (the user is gone)  unlisten
 *     nodelay on|off  keepalive on|off [seconds]
 *     state STATE  event NAME  info NAME VALUE  counter NAME VALUE
 *     peer PORT                from here on, packets and calls concern the peer's other port
 *     nothing                  time passes and nothing may be sent
 */
import type { TcpState } from '../../types/tcp';
import { type PacketLine, parsePacketLine } from './packet-notation';
import { EVENT_NAMES, type EventName } from './stream-user';

export const STATES: readonly TcpState[] = [
  'CLOSED',
  'LISTEN',
  'SYN-SENT',
  'SYN-RECEIVED',
  'ESTABLISHED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSE-WAIT',
  'CLOSING',
  'LAST-ACK',
  'TIME-WAIT',
];

export type Action =
  | { kind: 'inject' | 'expect'; packet: PacketLine }
  | { kind: 'listen'; port: number; backlog: number }
  | { kind: 'connect' | 'peer'; port: number }
  | { kind: 'write' | 'urgent' | 'read' | 'take'; bytes: number }
  | { kind: 'accept' | 'shutdown' | 'abort' | 'close' | 'unlisten' | 'nothing' }
  | { kind: 'nodelay'; on: boolean }
  | { kind: 'keepalive'; on: boolean; delayMs: number }
  | { kind: 'state'; state: TcpState }
  | { kind: 'event'; event: EventName }
  | { kind: 'info' | 'counter'; name: string; value: string };

export interface Step {
  /** Counted from 1 in the script's text. */
  line: number;
  text: string;
  /** Virtual milliseconds since the script's start, or since the step before. */
  ms: number;
  relative: boolean;
  /** Belongs to the batch, or the turn, of the step before. */
  joined: boolean;
  action: Action;
}

/** @throws SyntaxError with the number of the line */
export function parseScript(text: string): Step[] {
  const steps: Step[] = [];
  text.split('\n').forEach((raw, i) => {
    const line = raw.replace(/\/\/.*$/, '').trim();
    if (line === '') return;
    try {
      steps.push(parseStep(line, i + 1, steps[steps.length - 1]));
    } catch (error) {
      throw new SyntaxError(`line ${i + 1}: ${(error as Error).message}`);
    }
  });
  return steps;
}

/** How far the exchange goes on each side, in relative sequence numbers; at least 1. */
export function sequenceExtent(steps: readonly Step[]): { local: number; peer: number } {
  const extent = { local: 1, peer: 1 };
  for (const { action } of steps) {
    if (action.kind === 'expect') extent.local = Math.max(extent.local, action.packet.end);
    if (action.kind === 'inject') extent.peer = Math.max(extent.peer, action.packet.end);
  }
  return extent;
}

function parseStep(text: string, line: number, previous: Step | undefined): Step {
  const match = /^(&|\+?(?:\d+(?:\.\d*)?|\.\d+))\s+(.*)$/.exec(text);
  if (match === null) throw new SyntaxError(`a line begins with a time: ${text}`);
  const [, when, what] = match;
  const joined = when === '&';
  const action = parseAction(what);
  if (joined && (previous === undefined || !mayJoin(previous.action, action))) {
    throw new SyntaxError(`nothing to join: ${text}`);
  }
  const relative = joined || when.startsWith('+');
  // Seconds as written have few digits: keep the milliseconds as exact as they are meant.
  const ms = joined ? 0 : Math.round(Number(when) * 1e6) / 1e3;
  return { line, text, ms, relative, joined, action };
}

/** Packets join packets, and calls join both: the stack answers when the user's turn is over. */
function mayJoin(previous: Action, action: Action): boolean {
  if (action.kind === 'expect' || previous.kind === 'expect') return false;
  return action.kind !== 'inject' || previous.kind === 'inject';
}

function parseAction(text: string): Action {
  const [verb, ...rest] = text.split(/\s+/);
  const packet = text.slice(1);
  switch (verb) {
    case '<':
      return { kind: 'inject', packet: parseInjected(packet) };
    case '>':
      return { kind: 'expect', packet: parseExpected(packet) };
    case 'listen': {
      const [port, backlog = 511] = wholeNumbers(rest, 1, 2);
      return { kind: verb, port, backlog };
    }
    case 'connect':
    case 'peer':
      return { kind: verb, port: wholeNumbers(rest, 1, 1)[0] };
    case 'write':
    case 'urgent':
    case 'read':
    case 'take':
      return { kind: verb, bytes: wholeNumbers(rest, 1, 1)[0] };
    case 'accept':
    case 'shutdown':
    case 'abort':
    case 'close':
    case 'unlisten':
    case 'nothing':
      if (rest.length > 0) throw new SyntaxError(`${verb} says nothing more: ${text}`);
      return { kind: verb };
    default:
      return parseOther(verb, rest, text);
  }
}

function parseOther(verb: string, rest: string[], text: string): Action {
  switch (verb) {
    case 'nodelay':
      return { kind: verb, on: onOrOff(rest[0]) };
    case 'keepalive':
      return { kind: verb, on: onOrOff(rest[0]), delayMs: Number(rest[1] ?? 0) * 1000 };
    case 'state': {
      const state = STATES.find((known) => known === rest[0]);
      if (state === undefined) throw new SyntaxError(`not a state: ${rest[0]}`);
      return { kind: verb, state };
    }
    case 'event': {
      const event = EVENT_NAMES.find((known) => known === rest[0]);
      if (event === undefined) throw new SyntaxError(`not an event: ${rest[0]}`);
      return { kind: verb, event };
    }
    case 'info':
    case 'counter':
      if (rest.length !== 2) throw new SyntaxError(`${verb} NAME VALUE: ${text}`);
      return { kind: verb, name: rest[0], value: rest[1] };
  }
  throw new SyntaxError(`not a step: ${text}`);
}

function parseInjected(text: string): PacketLine {
  const packet = parsePacketLine(text);
  const { fields } = packet;
  if (fields.anyOptions || packet.moreOptions) throw new SyntaxError('send which options?');
  if (!fields.window && !/^[SFPUEW.]*R/.test(packet.text)) {
    throw new SyntaxError('a segment that is sent needs its win');
  }
  return packet;
}

function parseExpected(text: string): PacketLine {
  const packet = parsePacketLine(text);
  if (packet.badChecksum || packet.rawOptions !== null) {
    throw new SyntaxError('the stack sends no such thing');
  }
  return packet;
}

function wholeNumbers(words: string[], least: number, most: number): number[] {
  if (words.length < least || words.length > most) throw new SyntaxError('too few or many words');
  for (const word of words) if (!/^\d+$/.test(word)) throw new SyntaxError(`not a number: ${word}`);
  return words.map(Number);
}

function onOrOff(word: string | undefined): boolean {
  if (word !== 'on' && word !== 'off') throw new SyntaxError(`on or off: ${word}`);
  return word === 'on';
}
