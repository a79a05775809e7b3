/** Complaints about options, in Node's words. */
import { ArgumentError } from '../argument-error';

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
export function checkNumber(name: string, value: unknown, least: number, most: number): void {
  if (typeof value !== 'number') wrongType(name, 'number', value);
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  wrongValue(name, `an integer from ${least} to ${most}`, value);
}

export function wrongType(name: string, type: string, value: unknown): never {
  throw new ArgumentError('ERR_INVALID_ARG_TYPE', name, `of type ${type}`, value);
}

export function wrongValue(name: string, expected: string, value: unknown): never {
  throw new ArgumentError('ERR_INVALID_ARG_VALUE', name, expected, value);
}
