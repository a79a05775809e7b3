/**
 * The exchange notation: two ends, a wire between them, and each step as one line of a ladder diagram,
 * like the figures of RFC 9293 §3.5 and §3.6. Pure; `exchange` runs it.
 *
 *     A                                                    B
 *     B: listen
 *     A: connect
 *     SYN-SENT      -->  S 100:100(0)                 -->  SYN-RECEIVED
 *     ESTABLISHED   <--  S. 300:300(0) ack 101        <--  SYN-RECEIVED
 *
 * The states stand beside the packet as they are when the step is over. Numbers are those of the figure:
 * A's first connection begins at 100, B's at 300, unless the test says otherwise.
 *
 *     -->  …  -->     A sent it, B gets it           <--  …  <--     the other way
 *     -->  …  ...     A sent it, the wire keeps it   ...  …  <--
 *     ...  …  -->     what was kept arrives          <--  …  ...
 *     -->  …  --x     A sent it, it is lost          x--  …  <--
 *     ...  …  --x     what was kept is lost          x--  …  ...
 *     -->  …  -#>     a bit of it is flipped         <#-  …  <--
 *
 *     A: connect · listen · write 10 · read 10 · read 10 foreign · close · abort · leave
 *        · hears EVENT · connect fails CODE · info NAME VALUE    several of them, with commas: one turn
 *     & B: close          in the turn of the packet's arrival, before anything is answered
 *     after 60 s          time passes; nothing may be on its way
 *     CLOSED  LISTEN      just the states
 */
import type { TcpState } from '../../types/tcp';
import { type PacketLine, parsePacketLine } from './packet-notation';
import { STATES } from './script-parser';
import { EVENT_NAMES, type EventName } from './stream-user';

export type Side = 'A' | 'B';
export type Fate = 'delivered' | 'kept' | 'late' | 'lost' | 'late-lost' | 'flipped';

export type Call =
  | { verb: 'connect'; fails: string }
  | { verb: 'listen' | 'close' | 'abort' | 'leave' }
  | { verb: 'write' | 'urgent'; bytes: number }
  | { verb: 'read'; bytes: number; foreign: boolean }
  | { verb: 'hears'; event: EventName }
  | { verb: 'info'; name: string; value: string };

export interface SideCalls {
  side: Side;
  calls: Call[];
}

export interface States {
  A: TcpState;
  B: TcpState;
}

export type ExchangeAction =
  | {
      kind: 'packet';
      from: Side;
      fate: Fate;
      packet: PacketLine;
      states: States;
      joined: SideCalls[];
    }
  | ({ kind: 'calls' } & SideCalls)
  | { kind: 'after'; ms: number }
  | { kind: 'states'; states: States };

export interface ExchangeStep {
  line: number;
  text: string;
  action: ExchangeAction;
}

/** Left and right arrow, and what they say together. */
const ARROWS: Record<string, [Side, Fate]> = {
  '--> -->': ['A', 'delivered'],
  '--> ...': ['A', 'kept'],
  '... -->': ['A', 'late'],
  '--> --x': ['A', 'lost'],
  '... --x': ['A', 'late-lost'],
  '--> -#>': ['A', 'flipped'],
  '<-- <--': ['B', 'delivered'],
  '... <--': ['B', 'kept'],
  '<-- ...': ['B', 'late'],
  'x-- <--': ['B', 'lost'],
  'x-- ...': ['B', 'late-lost'],
  '<#- <--': ['B', 'flipped'],
};

const LEFT = '-->|<--|\\.\\.\\.|x--|<#-';
const RIGHT = '-->|<--|\\.\\.\\.|--x|-#>';
const PACKET = new RegExp(`^([A-Z0-9-]+)\\s+(${LEFT})\\s+(.*?)\\s+(${RIGHT})\\s+([A-Z0-9-]+)$`);

/** @throws SyntaxError with the number of the line */
export function parseExchange(text: string): ExchangeStep[] {
  const steps: ExchangeStep[] = [];
  text.split('\n').forEach((raw, i) => {
    const line = raw.replace(/\/\/.*$/, '').trim();
    if (line === '' || /^A\s+B$/.test(line)) return;
    try {
      if (line.startsWith('&')) join(steps[steps.length - 1], line.slice(1).trim());
      else steps.push({ line: i + 1, text: line, action: parseLine(line) });
    } catch (error) {
      throw new SyntaxError(`line ${i + 1}: ${(error as Error).message}`);
    }
  });
  return steps;
}

/** How far the numbers of each side go in the figure. */
export function figureExtent(steps: readonly ExchangeStep[], start: { A: number; B: number }) {
  const extent = { A: start.A + 1, B: start.B + 1 };
  for (const { action } of steps) {
    if (action.kind !== 'packet') continue;
    extent[action.from] = Math.max(extent[action.from], action.packet.end);
  }
  return extent;
}

function join(step: ExchangeStep | undefined, line: string): void {
  const calls = parseCalls(line);
  if (step?.action.kind !== 'packet') throw new SyntaxError('& belongs to a packet');
  if (calls === null) throw new SyntaxError(`& joins calls: ${line}`);
  step.action.joined.push(calls);
}

function parseLine(line: string): ExchangeAction {
  const calls = parseCalls(line);
  if (calls !== null) return { kind: 'calls', ...calls };
  const after = /^after (\d+(?:\.\d+)?) (ms|s)$/.exec(line);
  if (after !== null)
    return { kind: 'after', ms: Number(after[1]) * (after[2] === 's' ? 1000 : 1) };
  const packet = PACKET.exec(line);
  if (packet !== null) return parsePacket(packet);
  const states = /^([A-Z0-9-]+)\s+([A-Z0-9-]+)$/.exec(line);
  if (states !== null) return { kind: 'states', states: parseStates(states[1], states[2]) };
  throw new SyntaxError(`not a step: ${line}`);
}

function parsePacket([, a, left, packet, right, b]: RegExpExecArray): ExchangeAction {
  const arrow = ARROWS[`${left} ${right}`];
  if (arrow === undefined) throw new SyntaxError(`which way does it go: ${left} ${right}`);
  const [from, fate] = arrow;
  const line = parsePacketLine(packet);
  if (line.badChecksum || line.rawOptions !== null) throw new SyntaxError('nobody sends that');
  return { kind: 'packet', from, fate, packet: line, states: parseStates(a, b), joined: [] };
}

function parseStates(a: string, b: string): States {
  const [A, B] = [a, b].map((name) => {
    const state = STATES.find((known) => known === name);
    if (state === undefined) throw new SyntaxError(`not a state: ${name}`);
    return state;
  });
  return { A, B };
}

/** @returns null when the line is none of calls */
function parseCalls(line: string): SideCalls | null {
  const match = /^([AB]): (.*)$/.exec(line);
  if (match === null) return null;
  const calls = match[2].split(',').map((call) => parseCall(call.trim()));
  return { side: match[1] as Side, calls };
}

function parseCall(text: string): Call {
  const [verb, ...rest] = text.split(/\s+/);
  switch (verb) {
    case 'connect':
      if (rest.length === 0) return { verb, fails: '' };
      if (rest[0] === 'fails' && rest.length === 2) return { verb, fails: rest[1] };
      break;
    case 'listen':
    case 'close':
    case 'abort':
    case 'leave':
      if (rest.length === 0) return { verb };
      break;
    case 'write':
    case 'urgent':
      if (rest.length === 1 && /^\d+$/.test(rest[0])) return { verb, bytes: Number(rest[0]) };
      break;
    case 'read': {
      const foreign = rest[1] === 'foreign';
      if (rest.length === (foreign ? 2 : 1) && /^\d+$/.test(rest[0])) {
        return { verb, bytes: Number(rest[0]), foreign };
      }
      break;
    }
    case 'hears': {
      const event = EVENT_NAMES.find((known) => known === rest[0]);
      if (event !== undefined && rest.length === 1) return { verb, event };
      break;
    }
    case 'info':
      if (rest.length === 2) return { verb, name: rest[0], value: rest[1] };
      break;
  }
  throw new SyntaxError(`not a call: ${text}`);
}
