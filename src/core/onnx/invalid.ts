import { WhylightError } from '../errors.ts';

/** The file breaks a rule of the format, or asks for something that whylight does not work on. */
export function invalid(message: string, details: Readonly<Record<string, unknown>> = {}): never {
  throw new WhylightError('invalid_model', message, details);
}
