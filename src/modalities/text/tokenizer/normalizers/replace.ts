/** Normalizers that put fixed text into a text. */
import { type AlignedText, Rewrite } from '../aligned-text.ts';
import type { Pattern } from '../pattern.ts';

/** Every match replaced by `content`, whose characters take the place of the last character of the match. */
export function replaceMatches(source: AlignedText, pattern: Pattern, content: string): AlignedText {
  const matches = pattern(source.text);
  if (!matches.some((part) => part.matches)) return source;
  if (content.length === 1 && matches.every((part) => !part.matches || part.end - part.start === 1)) {
    const parts = matches.map((part) => (part.matches ? content : source.text.slice(part.start, part.end)));
    return source.withText(parts.join(''));
  }
  const rewrite = new Rewrite(source);
  for (const { start, end, matches: found } of matches) {
    if (!found) {
      rewrite.copy(end);
      continue;
    }
    if (end > start) rewrite.skip(end);
    for (const character of content) rewrite.insert(character);
  }
  return rewrite.finish();
}

/** `content` in front, with the place of the first character; an empty text stays empty. */
export function prepend(source: AlignedText, content: string): AlignedText {
  const [first, ...rest] = content;
  const [next] = source.text;
  if (next === undefined || first === undefined) return source;
  const rewrite = new Rewrite(source);
  rewrite.replace(first);
  for (const character of rest) rewrite.insert(character);
  rewrite.insert(next);
  rewrite.copy(source.length);
  return rewrite.finish();
}
