/** Text of the lists of routes that are loaded by the first request for them. */
import type { RouteDescription } from '../../src/edge/openapi/route.ts';

/** A route with the file that exports it. */
export interface FoundRoute {
  readonly name: string;
  readonly file: string;
  readonly description: RouteDescription;
}

/** Routes of one list. */
interface LazyList {
  readonly name: string;
  readonly about: string;
  readonly routes: readonly FoundRoute[];
}

/** Files whose routes come with the Worker: those that are asked for most, and those that some servers do not serve. */
const AT_START = ['explain.ts', 'infer.ts', 'server.ts'];

/** List that no Worker serves. */
const NEVER = 'originRoutes';

/**
 * Writes `lazy.ts` of a folder.
 * @param folder path from the root of the project
 */
export function lazyText(lists: readonly LazyList[], folder: string, note: string): string {
  const served = lists.filter(({ name }) => name !== NEVER);
  const atStart = served.flatMap(({ routes }) => routes).filter(({ file }) => AT_START.includes(file));
  const openapi = folder === 'src/edge/routes' ? '../openapi' : '../../openapi';
  return [
    '/**',
    ' * Lists of routes that a Worker loads by the first request for them.',
    ` * ${note}`,
    ' */',
    `import { lazyRoute } from '${openapi}/lazy-route.ts';`,
    `import type { MountedRoute } from '${openapi}/mount.ts';`,
    ...AT_START.flatMap((file) => {
      const names = atStart.filter((one) => one.file === file).map(({ name }) => name);
      return names.length > 0 ? [`import { ${names.sort().join(', ')} } from './${file}';`] : [];
    }),
    ...served.flatMap(({ name, about, routes }) => [
      '',
      `/** ${about} */`,
      `export const ${name}: readonly MountedRoute[] = [`,
      ...routes.map((route) => `  ${AT_START.includes(route.file) ? route.name : lazyEntry(route)},`),
      '];',
    ]),
    '',
  ].join('\n');
}

const LINE = 120;

/** Entry of a route, as Biome formats it. */
function lazyEntry({ name, file, description }: FoundRoute): string {
  const { method, path, versioned, pattern, access, tagged, headers, request } = description;
  const facts = { method, path, versioned, pattern, access, tagged, headers };
  const members = Object.entries(facts).flatMap(([key, value]) =>
    value === undefined ? [] : `${key}: ${literal(key, value)},`,
  );
  if (request?.body) members.push('request: { body: {} },');
  const lines = [
    '{',
    ...members.map((member) => `  ${member}`),
    '},',
    `async () => (await import('./${file}')).${name},`,
  ];
  return ['lazyRoute(', ...lines.map((line) => `    ${line}`), '  )'].join('\n');
}

function literal(key: string, value: string | boolean | readonly string[]): string {
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quoted(value);
  const line = `[${value.map(quoted).join(', ')}]`;
  const fits = `      ${key}: ${line},`.length <= LINE;
  return fits ? line : ['[', ...value.map((one) => `        ${quoted(one)},`), '      ]'].join('\n');
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\')}'`;
