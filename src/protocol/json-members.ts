/** Members of the JSON part of the protocol: readers that point at what is wrong. */
import { WhylightError } from '../core/errors.ts';

/** Value of a parameter. */
export type Scalar = string | number | boolean;

/** Parses a body. @throws WhylightError `invalid_request` for what is not JSON in UTF-8 */
export function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch (error) {
    throw wrong(`The body is not valid JSON: ${(error as Error).message.replace(/\.$/, '')}.`, '');
  }
}

/** Reads an object. @throws WhylightError `invalid_request` */
export function object(value: unknown, at: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw wrong(`${place(at)} must be an object.`, at);
}

/** Reads an array. @throws WhylightError `invalid_request` */
export function list(value: unknown, at: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong(`${place(at)} must be an array.`, at);
}

/** Reads a string. @throws WhylightError `invalid_request` */
export function text(value: unknown, at: string): string {
  if (typeof value === 'string') return value;
  throw wrong(`${place(at)} must be a string.`, at);
}

/** Reads parameters, which the protocol allows no nesting in. @throws WhylightError `invalid_request` */
export function scalars(value: unknown, at: string): Record<string, Scalar> {
  if (value === undefined) return {};
  const entries = Object.entries(object(value, at));
  const nested = entries.find(([, item]) => !['string', 'number', 'boolean'].includes(typeof item));
  if (nested) {
    throw wrong(
      `${place(at)} holds flat values only, but "${nested[0]}" is none: write lists as "8,8".`,
      `${at}/${nested[0]}`,
    );
  }
  return Object.fromEntries(entries) as Record<string, Scalar>;
}

/** Name of a member in a message, from its JSON pointer. */
const place = (at: string): string => (at === '' ? 'The body' : `"${at.slice(1).replaceAll('/', '.')}"`);

/** Makes the error of a body that breaks the protocol, with a JSON pointer to the member. */
export function wrong(message: string, at?: string): WhylightError {
  return new WhylightError('invalid_request', message, violation(message, at));
}

/** Makes the error of a tensor that is not what it says. */
export function wrongTensor(
  message: string,
  at: string | undefined,
  details: Record<string, unknown> = {},
): WhylightError {
  return new WhylightError('invalid_tensor', message, { ...details, ...violation(message, at) });
}

const violation = (detail: string, at: string | undefined) =>
  at === undefined ? {} : { errors: [{ detail, pointer: `#${at}` }] };
