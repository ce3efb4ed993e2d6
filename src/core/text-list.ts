/** Lists in the text of a parameter. */

/** Reads a JSON list, for names with commas, or names with commas between; an empty name keeps its place. */
export function textList(text: string): unknown {
  if (!text.trimStart().startsWith('[')) return text.split(',').map((name) => name.trim());
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * Reads targets with commas between, or a JSON list of them, whose objects name regions and become their JSON text.
 * @returns undefined for an empty list, or one that holds anything else
 */
export function readTargets(text: string): readonly (string | number)[] | undefined {
  const list = textList(text);
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const targets = list.map(readTarget);
  return targets.includes(undefined) ? undefined : (targets as (string | number)[]);
}

function readTarget(value: unknown): string | number | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (typeof value === 'number') return Number.isInteger(value) ? value : undefined;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : undefined;
}
