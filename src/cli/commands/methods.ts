/** `whylight methods [name]`: which saliency methods are built in, and what each takes. */

import type { Method } from '../../core/method/contract.ts';
import { expectation, parameterSchemas } from '../../core/method/schema.ts';
import { configuredMethods } from '../compose.ts';
import { defineCommand, JSON_ARG } from '../define-command.ts';
import { positional } from '../flags.ts';

const args = {
  method: positional('One method, with its parameters; all when left out', { required: false }),
  ...JSON_ARG,
} as const;

export default defineCommand({
  name: 'methods',
  description: 'Lists the saliency methods and their parameters.',
  examples: ['whylight methods', 'whylight methods grad_cam'],
  args,
  run({ method: name, json }) {
    const registry = configuredMethods();
    const methods = name === undefined ? registry.entries.map(({ method }) => method) : [registry.get(name).method];
    if (json) console.log(JSON.stringify(methods.map(described), null, 2));
    else if (name === undefined) for (const method of methods) console.log(line(method));
    else console.log(methods.map(page).join('\n'));
  },
});

const described = ({ id, strategy, revision, about, params, presets = {} }: Method) => ({
  id,
  strategy,
  revision,
  ...about,
  parameters: parameterSchemas(params),
  presets,
});

const line = ({ id, strategy, about }: Method): string => `${id.padEnd(28)} ${strategy.padEnd(13)} ${about.title}`;

function page({ id, strategy, about, params, presets = {} }: Method): string {
  const { title, summary, paper, properties, axioms = [] } = about;
  const traits = Object.entries({
    signed: properties.signed,
    complete: properties.complete,
    deterministic: properties.deterministic,
    'class discriminative': properties.classDiscriminative,
  }).flatMap(([trait, holds]) => (holds ? [trait] : []));
  const parameters = Object.entries(parameterSchemas(params)).map(([name, schema]) => {
    const preset = schema.default === undefined ? '' : ` (default ${JSON.stringify(schema.default)})`;
    return `  --${name}  ${expectation(schema)}${preset}\n      ${schema.description ?? ''}`;
  });
  const libraries = Object.entries(presets).map(([name, values]) => `  --preset ${name}  ${choices(values)}`);
  return [
    `${title} (${id}, ${strategy}): ${summary}`,
    paper ? `${paper.title} (${paper.year})${paper.where ? `, ${paper.where}` : ''}, ${paper.url}` : '',
    traits.length > 0 ? `It is ${traits.join(', ')}.` : '',
    axioms.length > 0 ? `Axioms that hold: ${axioms.join(', ')}.` : '',
    parameters.length > 0 ? `\nPARAMETERS\n${parameters.join('\n')}` : '\nIt has no parameters.',
    libraries.length > 0 ? `\nPRESETS\n${libraries.join('\n')}` : '',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

const choices = (values: object): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(',') : value}`)
    .join(' ') || 'the defaults';
