/**
 * Messages of multicast listener discovery in packet memory: queries read, reports written (MLDv2,
 * RFC 3810 §5; MLDv1, RFC 2710 §3).
 *
 * Reports are whole payloads of an IPv6 packet: first the hop-by-hop header with the router alert
 * that RFC 3810 §5 asks for, then the ICMPv6 message, whose checksum is its packet's business.
 */
import { packetMemory } from '../support/memory';
import { PROTOCOL_ICMPV6 } from './ip-header';

export const LISTENER_QUERY = 130;
const LISTENER_REPORT_V1 = 131;
const LISTENER_REPORT = 143;

/** Next header, length, router alert for MLD (RFC 2711), two bytes of padding (PadN). */
export const ROUTER_ALERT_BYTES = 8;
const ROUTER_ALERT = 0x05020000;
const PADDING = 0x0100;

const QUERY_V1_BYTES = 24;
const QUERY_BYTES = 28;
const MESSAGE_BYTES = 8;
const RECORD_BYTES = 20;
const REPORT_V1_BYTES = 24;
const GROUP_AT = 8;
/** From here on the maximum response code is a floating point number (RFC 3810 §5.1.3). */
const FLOAT = 0x8000;

/** Kinds of records: what is so, and what becomes so. Each excludes nobody as a source. */
export const IS_EXCLUDE = 2;
export const CHANGE_TO_EXCLUDE = 4;

/** A group's address. */
export type Group = readonly [w0: number, w1: number, w2: number, w3: number];

export class ListenerQuery {
  isOld = false;
  /** An answer within so long, ms. */
  delayMs = 0;
  /** Whom it asks about; all zeros: about every group. */
  group0 = 0;
  group1 = 0;
  group2 = 0;
  group3 = 0;
}

/** @returns whether it is a query; of another length than both versions have, it is none */
export function readListenerQuery(offset: number, length: number, out: ListenerQuery): boolean {
  const { view } = packetMemory;
  if (length < QUERY_V1_BYTES || (length > QUERY_V1_BYTES && length < QUERY_BYTES)) return false;
  if (view.getUint8(offset) !== LISTENER_QUERY || view.getUint8(offset + 1) !== 0) return false;
  out.isOld = length === QUERY_V1_BYTES;
  const code = view.getUint16(offset + 4);
  const isFloat = !out.isOld && code >= FLOAT;
  out.delayMs = isFloat ? ((code & 0xfff) | 0x1000) << (((code >>> 12) & 7) + 3) : code;
  out.group0 = view.getInt32(offset + GROUP_AT);
  out.group1 = view.getInt32(offset + GROUP_AT + 4);
  out.group2 = view.getInt32(offset + GROUP_AT + 8);
  out.group3 = view.getInt32(offset + GROUP_AT + 12);
  return true;
}

/** @returns bytes of a report about so many groups; about one of MLDv1 */
export function listenerReportBytes(groups: number, isOld: boolean): number {
  return ROUTER_ALERT_BYTES + (isOld ? REPORT_V1_BYTES : MESSAGE_BYTES + groups * RECORD_BYTES);
}

/** Writes what `listenerReportBytes` says; of MLDv1 the first group alone. */
export function writeListenerReport(
  offset: number,
  kind: typeof IS_EXCLUDE | typeof CHANGE_TO_EXCLUDE,
  groups: readonly Group[],
  isOld: boolean,
): void {
  const { view } = packetMemory;
  view.setUint8(offset, PROTOCOL_ICMPV6);
  view.setUint8(offset + 1, 0);
  view.setInt32(offset + 2, ROUTER_ALERT);
  view.setUint16(offset + 6, PADDING);
  const message = offset + ROUTER_ALERT_BYTES;
  view.setInt32(message, (isOld ? LISTENER_REPORT_V1 : LISTENER_REPORT) << 24);
  view.setInt32(message + 4, isOld ? 0 : groups.length);
  if (isOld) {
    writeGroup(message + GROUP_AT, groups[0]);
    return;
  }
  for (const [i, group] of groups.entries()) {
    const record = message + MESSAGE_BYTES + i * RECORD_BYTES;
    view.setInt32(record, kind << 24);
    writeGroup(record + 4, group);
  }
}

function writeGroup(offset: number, group: Group): void {
  for (const [i, word] of group.entries()) packetMemory.view.setInt32(offset + 4 * i, word);
}
