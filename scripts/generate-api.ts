/**
 * Writes the reference part of docs/api.md from the descriptions of the routes. `--check` writes nothing and fails when it
 * is outdated.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { expectation, type ParameterSchema, parameterSchemas } from '../src/core/method/schema.ts';
import { adminRoutes } from '../src/edge/admin/routes/index.ts';
import { HEADERS, type HeaderName } from '../src/edge/openapi/headers.ts';
import { REQUEST_HEADERS, type RequestHeader } from '../src/edge/openapi/request-headers.ts';
import { pathsOf, type Route, type RouteDescription } from '../src/edge/openapi/route.ts';
import { keyRoutes, openRoutes } from '../src/edge/routes/index.ts';

const FILE = 'docs/api.md';
const BEGIN = '<!-- Written by scripts/generate-api.ts. Do not edit below this line. -->';

const routes: readonly Route[] = [...openRoutes, ...keyRoutes, ...adminRoutes];
const descriptions = routes.map(({ description }) => description).filter(({ internal }) => !internal);

function row(description: RouteDescription): string {
  const { id, method, summary, access, cost, headers = [] } = description;
  const paths = pathsOf(description).map((path) => `\`${method.toUpperCase()} ${path}\``);
  return `| ${paths.join('<br>')} | \`${id}\`: ${summary} | ${access} | ${cost} | ${headers.map((name) => `\`${name}\``).join(' ')} |`;
}

function section(tag: string): string {
  const rows = descriptions.filter((description) => description.tag === tag).map(row);
  return `### ${tag[0]?.toUpperCase()}${tag.slice(1)}

| Route | | Access | Cost | Response headers |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

type QuerySchema = Parameters<typeof parameterSchemas>[0];

/** A query parameter with the routes that take it. */
interface QueryParameter {
  readonly schema: ParameterSchema;
  readonly takers: Set<string>;
}

const queryRoutes = descriptions.filter(({ request }) => request?.query);

/** Every query parameter by name. */
function queryParameters(): ReadonlyMap<string, QueryParameter> {
  const found = new Map<string, QueryParameter>();
  for (const { path, request } of queryRoutes) {
    for (const [name, schema] of Object.entries(parameterSchemas(request?.query as QuerySchema))) {
      const known = found.get(name) ?? { schema, takers: new Set<string>() };
      found.set(name, { ...known, takers: known.takers.add(path) });
    }
  }
  return found;
}

function headerRow(name: RequestHeader): string {
  const takers = descriptions
    .filter(({ requestHeaders = [] }) => requestHeaders.includes(name))
    .map(({ id }) => `\`${id}\``);
  return `| \`${name}\` | ${REQUEST_HEADERS[name].description} | ${takers.join(', ')} |`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function parameterRow([name, { schema, takers }]: [string, QueryParameter]): string {
  const paths = [...takers].map((path) => `\`${path}\``).join(', ');
  const only = takers.size < queryRoutes.length ? ` Only of ${paths}.` : '';
  const preset = schema.default === undefined ? '' : `\`${String(schema.default)}\``;
  return `| \`${name}\` | ${cell(expectation(schema))} | ${preset} | ${cell(schema.description ?? '')}${only} |`;
}

const reference = `${BEGIN}
## Reference

\`GET /openapi.json\` has the schemas of requests and responses, and \`GET /docs/api\` shows them. Access is the scope
that the credential needs, \`key\` for any valid credential, \`open\` for none. Cost is \`none\` where the engine does not
run, \`inference\` for one run of the model a row, \`plan\` where graphs are compiled but nothing runs, \`explanation\` for
as many runs as the method needs, and \`upload\` for reading and compiling a model. Every error is a problem
([docs/errors.md](errors.md)).

${[...new Set(descriptions.map(({ tag }) => tag))].map(section).join('\n')}
### Query parameters

They may also come in the form or under \`parameters\` in the body. Further names are parameters of the method. The routes
that take them:

${queryRoutes.map(({ path }) => `- \`${path}\``).join('\n')}

| Parameter | Value | Default | |
| --- | --- | --- | --- |
${[...queryParameters()].map(parameterRow).join('\n')}

### Request headers

A body is described by \`Content-Type\` and \`Content-Encoding\`, the answer that is wanted by \`Accept\`, the caller by
\`Authorization\`. These change an answer:

| Header | | Of |
| --- | --- | --- |
${(Object.keys(REQUEST_HEADERS) as RequestHeader[]).map(headerRow).join('\n')}

### Response headers

| Header | |
| --- | --- |
${(Object.keys(HEADERS) as HeaderName[]).map((name) => `| \`${name}\` | ${HEADERS[name]} |`).join('\n')}
`;

const text = readFileSync(FILE, 'utf8');
const guide = text.includes(BEGIN) ? text.slice(0, text.indexOf(BEGIN)) : `${text.trimEnd()}\n\n`;
const page = guide + reference;
if (process.argv.includes('--check')) {
  if (page !== text) {
    console.error(`${FILE} is outdated: run node scripts/generate-api.ts.`);
    process.exitCode = 1;
  }
} else {
  writeFileSync(FILE, page);
}
