/** Takes the spaces at the ends of byte-level tokens out of their offsets. */
import { SPACE_CHARACTER } from '../bytes.ts';
import { isWhitespace } from '../characters.ts';
import type { Draft, Span } from '../encoding.ts';

/** @param addPrefixSpace whether the pre-tokenizer put a space before the text, which has no place in it */
export function trimOffsets(draft: Draft, addPrefixSpace: boolean): Draft {
  const offsetsCodePoints = draft.offsetsCodePoints.map((span, i): Span => {
    const token = draft.tokens[i] as string;
    let leading = countSpaces(token, 0, 1);
    const trailing = countSpaces(token, token.length - 1, -1);
    let [start, end] = span;
    if (leading > 0) {
      if (addPrefixSpace && leading === 1 && (i === 0 || start === 0)) leading = 0;
      start = Math.min(start + leading, end);
    }
    if (trailing > 0 && end >= trailing) end = Math.max(end - trailing, start);
    return [start, end];
  });
  const overflowing = draft.overflowing.map((window) => trimOffsets(window, addPrefixSpace));
  return { ...draft, offsetsCodePoints, overflowing };
}

/** Number of spaces in a row from `index` on, forwards or backwards; every space is one unit. */
function countSpaces(token: string, index: number, step: 1 | -1): number {
  let count = 0;
  while (index >= 0 && index < token.length) {
    if (token[index] !== SPACE_CHARACTER && !isWhitespace(token.charCodeAt(index))) break;
    count++;
    index += step;
  }
  return count;
}
