/** Class names in the metadata of a file. */
import { parsePython } from './python-literal.ts';

/**
 * A list of names as JSON, as a Python list or dict (`{0: 'cat', 1: 'dog'}`), or separated by commas.
 * @returns undefined where the text is none of these, or a dict has gaps
 */
export function namesOf(text: string | undefined): string[] | undefined {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return undefined;
  if (!/^[{[]/.test(trimmed)) {
    const names = trimmed.split(',').map((name) => name.trim());
    return names.length > 1 ? names : undefined;
  }
  const value = parsePython(trimmed);
  if (Array.isArray(value)) return value.every((name) => typeof name === 'string') ? value : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value);
  const names: string[] = [];
  for (const [key, name] of entries) names[Number(key)] = String(name);
  return names.length === entries.length && entries.length > 0 && !names.includes(undefined as never)
    ? names
    : undefined;
}
