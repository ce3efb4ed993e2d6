/** Text of the lists of routes that are loaded by the first request for them. */
import { EXPLANATION_HEADERS, RUN_HEADERS } from '../../src/edge/openapi/headers.ts';
import type { RouteDescription } from '../../src/edge/openapi/route.ts';

/** A route with the file that exports it. */
export interface FoundRoute {
  readonly name: string;
  readonly file: string;
  readonly description: RouteDescription;
  /** Name of its handler in the file of the same name in `handlers`, which comes with the Worker. */
  readonly handler?: string;
}

/** Routes of one list. */
interface LazyList {
  readonly name: string;
  readonly about: string;
  readonly routes: readonly FoundRoute[];
}

/** List that no Worker serves. */
const NEVER = 'originRoutes';

/**
 * Writes `lazy.ts` of a folder.
 * @param folder path from the root of the project
 */
export function lazyText(lists: readonly LazyList[], folder: string, note: string): string {
  const served = lists.filter(({ name }) => name !== NEVER);
  const openapi = folder === 'src/edge/routes' ? '../openapi' : '../../openapi';
  const entries = served.flatMap(({ name, about, routes }) => [
    '',
    `/** ${about} */`,
    `export const ${name}: readonly MountedRoute[] = [`,
    ...routes.map((route) => `  ${entryOf(route)},`),
    '];',
  ]);
  const used = Object.keys(LISTS).filter((name) => entries.join().includes(name));
  return [
    '/**',
    ' * Lists of routes that a Worker loads by the first request for them.',
    ` * ${note}`,
    ' */',
    ...(used.length > 0 ? [`import { ${used.join(', ')} } from '${openapi}/headers.ts';`] : []),
    `import { lazyRoute } from '${openapi}/lazy-route.ts';`,
    `import type { MountedRoute } from '${openapi}/mount.ts';`,
    ...served
      .flatMap(({ routes }) => routes)
      .flatMap(({ file, handler }) => (handler ? [`import { ${handler} } from './handlers/${file}';`] : []))
      .sort(),
    ...entries,
    '',
  ].join('\n');
}

const LINE = 120;

/** Entry of a route, as Biome formats it. */
const entryOf = (route: FoundRoute): string =>
  route.handler
    ? [
        '{',
        `  description: {`,
        ...factsOf(route).map((line) => `    ${line}`),
        '  },',
        `  handler: ${route.handler},`,
        '}',
      ]
        .map((line, i) => (i === 0 ? line : `  ${line}`))
        .join('\n')
    : [
        'lazyRoute(',
        '  {',
        ...factsOf(route).map((line) => `    ${line}`),
        '  },',
        `  async () => (await import('./${route.file}')).${route.name},`,
        ')',
      ]
        .map((line, i) => (i === 0 ? line : `  ${line}`))
        .join('\n');

/** Members of the description that a route is mounted with. */
function factsOf({ description }: FoundRoute): string[] {
  const { method, path, versioned, pattern, access, tagged, headers, request } = description;
  const facts = { method, path, versioned, pattern, access, tagged, headers };
  return [
    ...Object.entries(facts).flatMap(([key, value]) => (value === undefined ? [] : `${key}: ${literal(key, value)},`)),
    ...(request?.body ? ['request: { body: {} },'] : []),
  ];
}

/** Lists of headers that several routes have, the longest first. */
const LISTS = { EXPLANATION_HEADERS, RUN_HEADERS };

function literal(key: string, value: string | boolean | readonly string[]): string {
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quoted(value);
  const names = value.map(quoted);
  const list = Object.entries(LISTS).find(([, ends]) => names.join().endsWith(ends.map(quoted).join()));
  if (list) names.splice(-list[1].length, list[1].length, `...${list[0]}`);
  if (names.length === 1 && list) return list[0];
  const line = `[${names.join(', ')}]`;
  const fits = `      ${key}: ${line},`.length <= LINE;
  return fits ? line : ['[', ...names.map((one) => `        ${one},`), '      ]'].join('\n');
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\')}'`;
