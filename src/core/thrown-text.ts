/** Text of what was thrown, for logs. */

/** Characters of a thrown text that are kept. */
const MAX_CHARS = 2000;

/** Returns the text of any value, also of one whose own conversion fails. */
export function thrownText(value: unknown): string {
  try {
    return typeof value === 'string' ? JSON.stringify(value.slice(0, MAX_CHARS)) : String(value);
  } catch {
    return `a value of type ${typeof value}`;
  }
}
