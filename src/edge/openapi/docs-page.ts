/** A page that shows the OpenAPI document: everything on it comes from this server. */

export const DOCS_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>whylight API</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<main id="api" aria-busy="true"><h1>whylight API</h1><p>Loading <a href="/openapi.json">/openapi.json</a> ...</p></main>
<script src="/docs/script.js" defer></script>
</body>
</html>
`;

export const DOCS_STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; }
h2 { margin-top: 2rem; text-transform: capitalize; }
details { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: 6px; margin: .5rem 0; padding: .5rem .75rem; }
summary { cursor: pointer; overflow-wrap: anywhere; }
code, pre { font: 14px/1.4 ui-monospace, monospace; }
pre { overflow: auto; padding: .5rem; border-radius: 4px; background: color-mix(in srgb, currentColor 8%, transparent); }
.verb { display: inline-block; min-width: 4.5em; font-weight: 700; }
table { border-collapse: collapse; width: 100%; }
th, td { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .25rem .5rem .25rem 0; text-align: left; vertical-align: top; }
`;

export const DOCS_SCRIPT = `'use strict';
const element = (name, text, ...children) => {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
};
const typeOf = (schema = {}) =>
  schema.enum ? schema.enum.join(' | ') : [schema.type ?? 'any'].flat().join(' | ');
const table = (parameters) => {
  const body = element('tbody');
  for (const { name, in: place, required, schema = {}, description } of parameters) {
    const row = element('tr');
    row.append(element('td', '', element('code', name)), element('td', place + (required ? ', required' : '')));
    row.append(element('td', typeOf(schema) + (schema.default === undefined ? '' : ' = ' + JSON.stringify(schema.default))));
    row.append(element('td', description ?? schema.description ?? ''));
    body.append(row);
  }
  return element('table', '', body);
};
const contents = (title, content = {}) => {
  const part = element('div', '', element('h4', title));
  for (const [type, { schema = {} }] of Object.entries(content)) {
    const reference = schema.$ref ? schema.$ref.split('/').at(-1) : undefined;
    part.append(element('p', '', element('code', type), reference ? ' ' : '', reference ? link(reference) : ''));
  }
  return part;
};
const link = (name) => {
  const made = element('a', name);
  made.href = '#' + name;
  return made;
};
const operation = (path, verb, { summary = '', description, parameters = [], requestBody, responses = {} }) => {
  const title = element('summary', '', element('span', verb.toUpperCase()), element('code', path), ' ' + summary);
  title.firstChild.className = 'verb';
  const made = element('details', '', title);
  if (description) made.append(element('p', description));
  if (parameters.length > 0) made.append(table(parameters));
  if (requestBody) made.append(contents('Request body', requestBody.content));
  for (const [status, { description: text, content }] of Object.entries(responses)) made.append(contents(status + ' ' + text, content));
  return made;
};
const show = (api) => {
  const main = document.getElementById('api');
  const open = element('a', '/openapi.json');
  open.href = '/openapi.json';
  main.replaceChildren(element('h1', api.info.title + ' ' + api.info.version), element('p', api.info.description + ' ', open));
  const tags = new Map();
  for (const [path, verbs] of Object.entries(api.paths)) {
    for (const [verb, it] of Object.entries(verbs)) {
      const tag = it.tags?.[0] ?? 'other';
      if (!tags.has(tag)) tags.set(tag, element('section', '', element('h2', tag)));
      tags.get(tag).append(operation(path, verb, it));
    }
  }
  main.append(...tags.values(), element('h2', 'schemas'));
  for (const [name, schema] of Object.entries(api.components?.schemas ?? {})) {
    const made = element('details', '', element('summary', '', element('code', name)), element('pre', JSON.stringify(schema, null, 2)));
    made.id = name;
    main.append(made);
  }
  main.setAttribute('aria-busy', 'false');
};
fetch('/openapi.json')
  .then((response) => response.json())
  .then(show)
  .catch((error) => document.getElementById('api').append(element('p', 'The document cannot be read: ' + error.message)));
`;
