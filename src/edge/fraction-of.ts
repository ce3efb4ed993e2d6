/** Sampling that a text decides. */
import { sha256Hex } from '../core/digest.ts';

const DIGITS = 12;

/** A number from 0 to 1 (exclusive) that the text alone decides: the first digits of its SHA-256. */
export const fractionOf = async (text: string): Promise<number> =>
  Number.parseInt((await sha256Hex(new TextEncoder().encode(text))).slice(0, DIGITS), 16) / 16 ** DIGITS;
