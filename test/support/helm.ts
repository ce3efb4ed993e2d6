/** Renders the templates of a chart that use no more than values, `if` and `if not`: what the chart of this project uses. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Values by their path: `autoscaling.min`. */
export type Values = Readonly<Record<string, string>>;

/** Reads a values.yaml of nested scalars. @throws Error for any other line */
export function readValues(path: string): Values {
  const found: Record<string, string> = {};
  let parent = '';
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const [, indent = '', name = '', value = ''] = /^( {0,2})([\w]+):(?: +(.*))?$/.exec(line) ?? [];
    if (name === '') throw new Error(`${path}: "${line}" is no scalar and no map of scalars.`);
    if (value === '') parent = name;
    else found[indent === '' ? name : `${parent}.${name}`] = value;
  }
  return found;
}

/** Renders every template of a chart, in the order of their names. */
export function renderChart(folder: string, release: string, values: Values): string {
  const files = readdirSync(join(folder, 'templates')).sort();
  const rendered = files.map((file) => render(readFileSync(join(folder, 'templates', file), 'utf8'), release, values));
  return rendered.filter((text) => text.trim() !== '').join('---\n');
}

function render(template: string, release: string, values: Values): string {
  const isTrue = (value: string | undefined): boolean => !['', '""', 'false', undefined].includes(value);
  const valueAt = (name: string): string => {
    const value = values[name];
    if (value === undefined) throw new Error(`values.yaml has no ${name}.`);
    return value;
  };
  return template
    .replaceAll(
      /\n?\{\{- if (not )?\.Values\.([\w.]+) \}\}\n([\s\S]*?)\n?\{\{- end \}\}\n?/g,
      (_, not, name, body, at) => {
        const shown = isTrue(valueAt(name)) !== Boolean(not);
        return `${at > 0 ? '\n' : ''}${shown ? `${body}\n` : ''}`;
      },
    )
    .replaceAll(/\{\{ \.Release\.Name \}\}/g, release)
    .replaceAll(/"\{\{ \.Values\.([\w.]+) \}\}"/g, (_, name) => `"${valueAt(name).replaceAll('"', '')}"`)
    .replaceAll(/\{\{ \.Values\.([\w.]+) \}\}/g, (_, name) => valueAt(name));
}
