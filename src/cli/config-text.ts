/** Text of plugins.config.json: short values on one line, as people write them. */

const MAX_LINE = 110;

/**
 * Formats a configuration.
 * @example
 * configText({ plugins: [{ use: './mine.ts' }] });
 */
export const configText = (config: object): string => `${formatted(config, 0)}\n`;

function formatted(value: unknown, depth: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const indent = '  '.repeat(depth + 1);
  const line = inline(value);
  // The first two levels are lists that grow: each entry has a line of its own.
  if (depth >= 2 && line.length + indent.length <= MAX_LINE) return line;
  const isList = Array.isArray(value);
  const entries = isList
    ? value.map((item) => formatted(item, depth + 1))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${formatted(item, depth + 1)}`);
  const [open, close] = isList ? '[]' : '{}';
  if (entries.length === 0) return `${open}${close}`;
  return `${open}\n${entries.map((entry) => indent + entry).join(',\n')}\n${'  '.repeat(depth)}${close}`;
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${inline(item)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
