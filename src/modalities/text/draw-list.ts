/** A text in parts that are drawn alike. */
import type { Drawing } from '../../core/modality/modality.ts';
import type { TextFeature, TextView } from './features.ts';

/** A part of a text that is drawn in one colour. */
export interface Part {
  readonly text: string;
  /** Undefined between features. */
  readonly value: number | undefined;
  readonly name: string;
  /** Part of what is explained, such as a word of an answer. */
  readonly marked?: boolean;
  /** Part of another prediction. */
  readonly found?: boolean;
}

/** The whole text in parts: features with their values, and what is between them. */
export function partsOf({
  view,
  features,
  values,
  marked,
  found,
}: Pick<Drawing<TextView>, 'view' | 'features' | 'values' | 'marked' | 'found'>): Part[] {
  const placed = (features.list as readonly TextFeature[])
    .map(({ name, start, end }, i) => ({
      name,
      start,
      end,
      value: values[i] as number,
      marked: marked?.has(i) === true,
      found: found?.has(i) === true && marked?.has(i) !== true,
    }))
    .sort((a, b) => a.start - b.start || a.end - b.end);
  const parts: Part[] = [];
  let at = 0;
  for (const { start, end, ...feature } of placed) {
    const from = Math.max(at, start);
    if (from > at) parts.push({ text: view.text.slice(at, from), value: undefined, name: '' });
    // Tokens of one character share its place: the first one shows it.
    if (end > from) parts.push({ text: view.text.slice(from, end), ...feature });
    at = Math.max(at, end);
  }
  if (at < view.text.length) parts.push({ text: view.text.slice(at), value: undefined, name: '' });
  return parts;
}
