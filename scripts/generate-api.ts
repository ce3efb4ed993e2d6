/**
 * Writes the reference part of docs/api.md from the descriptions of the routes. `--check` writes nothing and fails when it
 * is outdated.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { adminRoutes } from '../src/edge/admin/routes/index.ts';
import { HEADERS, type HeaderName } from '../src/edge/openapi/headers.ts';
import { pathsOf, type Route, type RouteDescription } from '../src/edge/openapi/route.ts';
import { keyRoutes, openRoutes } from '../src/edge/routes/index.ts';

const FILE = 'docs/api.md';
const BEGIN = '<!-- Written by scripts/generate-api.ts. Do not edit below this line. -->';

const routes: readonly Route[] = [...openRoutes, ...keyRoutes, ...adminRoutes];
const descriptions = routes.map(({ description }) => description).filter(({ internal }) => !internal);

function row(description: RouteDescription): string {
  const { method, summary, access, cost, headers = [] } = description;
  const paths = pathsOf(description).map((path) => `\`${method.toUpperCase()} ${path}\``);
  return `| ${paths.join('<br>')} | ${summary} | ${access} | ${cost} | ${headers.map((name) => `\`${name}\``).join(' ')} |`;
}

function section(tag: string): string {
  const rows = descriptions.filter((description) => description.tag === tag).map(row);
  return `### ${tag[0]?.toUpperCase()}${tag.slice(1)}

| Route | | Access | Cost | Response headers |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

const reference = `${BEGIN}
## Reference

\`GET /openapi.json\` has the schemas of requests and responses, and \`GET /docs\` shows them. Access is the scope that the
credential needs, \`key\` for any valid credential, \`open\` for none. Cost is \`none\` where the engine does not run,
\`inference\` for one run of the model a row, \`plan\` where graphs are compiled but nothing runs, \`explanation\` for as many
runs as the method needs, and \`upload\` for reading and compiling a model. Every error is a problem
([docs/errors.md](errors.md)).

${[...new Set(descriptions.map(({ tag }) => tag))].map(section).join('\n')}
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
