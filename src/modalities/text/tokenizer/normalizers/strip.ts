/** Normalizers that leave whitespace and control characters out, or make them spaces. */
import { type AlignedText, Rewrite } from '../aligned-text.ts';
import { removeAll } from './bert.ts';

const LEADING = /^\p{White_Space}+/u;

/** Without whitespace at the ends. */
export function strip(source: AlignedText, left: boolean, right: boolean): AlignedText {
  const { text } = source;
  const start = left ? (LEADING.exec(text)?.[0].length ?? 0) : 0;
  let end = text.length;
  // From the end, as a pattern anchored there would try every run of spaces.
  while (right && end > start && /\p{White_Space}/u.test(text[end - 1] as string)) end--;
  if (start === 0 && end === text.length) return source;
  const rewrite = new Rewrite(source);
  rewrite.skip(start);
  rewrite.copy(end);
  return rewrite.finish();
}

/** Control characters but for tab, newline, form feed and return; of the second block two only. */
const REMOVED = /(?![\0\t\n\f\r\u0080-\u008E\u0090-\u009E])\p{Cc}/u;
const SPACES = /[\t\n\f\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]/g;

/** Nmt: what machine translation models of SentencePiece leave out or read as a space. */
export function cleanForTranslation(source: AlignedText): AlignedText {
  const kept = removeAll(source, REMOVED, (codePoint) => REMOVED.test(String.fromCodePoint(codePoint)));
  return kept.withText(kept.text.replace(SPACES, ' '));
}
