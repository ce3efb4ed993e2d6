/** Choices of predictions as texts. */
import { WhylightError } from '../errors.ts';
import type { TargetChoice } from './task.ts';

/**
 * A choice written as text: `box:2` (the number of a prediction), `box:10,20,90,80`, `point:120,80`, the index of a class,
 * or its name. No text is the first prediction.
 * @throws WhylightError `invalid_request`
 * @example
 * parseChoice('point:120,80') // { point: [120, 80] }
 */
export function parseChoice(text?: string): TargetChoice {
  if (text === undefined) return { prediction: 0 };
  const trimmed = text.trim();
  const [, kind, rest = ''] = /^(box|point|prediction):(.*)$/i.exec(trimmed) ?? [];
  if (kind === undefined) return /^\d+$/.test(trimmed) ? { class: Number(trimmed) } : { label: trimmed };
  const numbers = rest.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [a = 0, b = 0, c = 0, d = 0] = numbers;
  if (numbers.every(Number.isFinite)) {
    const isPoint = kind.toLowerCase() === 'point';
    if (isPoint && numbers.length === 2) return { point: [a, b] };
    if (!isPoint && numbers.length === 1 && Number.isInteger(a) && a >= 0) return { prediction: a };
    if (kind.toLowerCase() === 'box' && numbers.length === 4) return { box: [a, b, c, d] };
  }
  const message = `The target "${text}" is not understood: write box:2, box:10,20,90,80 or point:120,80, in pixels of the upright image.`;
  throw new WhylightError('invalid_request', message, { issues: [{ parameter: 'target', message }] });
}

/** Key point of a choice, by its number or its name. */
const KEYPOINT = /^(.*)\/keypoint:([^/]+)$/i;

/**
 * A choice as {@link parseChoice} reads it, and the key point of the chosen box that is explained in its place:
 * `box:2/keypoint:5` or `box:2/keypoint:nose`.
 * @throws WhylightError `invalid_request`
 * @example
 * parseTarget('box:2/keypoint:5') // { choice: { prediction: 2 }, keypoint: 5 }
 */
export function parseTarget(text?: string): { readonly choice: TargetChoice; readonly keypoint?: number | string } {
  const [, chosen, name = ''] = KEYPOINT.exec(text?.trim() ?? '') ?? [];
  if (chosen === undefined) return { choice: parseChoice(text) };
  return { choice: parseChoice(chosen), keypoint: /^\d+$/.test(name.trim()) ? Number(name) : name.trim() };
}

/** Tells if a text is a choice that {@link parseTarget} reads, not a class or an expression of classes. */
export const isPlaced = (text: string): boolean => /^\s*(box|point|prediction):/i.test(text) || KEYPOINT.test(text);
