/** `whylight methods [name]`: which saliency methods are built in, and what each takes. */

import type { Method } from '../../core/method/contract.ts';
import { expectation, parameterSchemas } from '../../core/method/schema.ts';
import { inspect } from '../../tools/inspect.ts';
import { configuredMethods, EMBEDDED_MODELS, ROOT } from '../compose.ts';
import { defineCommand, JSON_ARG } from '../define-command.ts';
import { positional } from '../flags.ts';
import { wrap } from '../help.ts';
import { rowsOf } from '../method-lines.ts';
import { MODEL_ARGS, openModel } from '../model-file.ts';

const args = {
  method: positional('One method, with its parameters; all when left out', { required: false }),
  model: MODEL_ARGS.model,
  ...JSON_ARG,
} as const;

export default defineCommand({
  name: 'methods',
  description: 'Lists the saliency methods and their parameters.',
  examples: ['whylight methods', 'whylight methods --model model.onnx', 'whylight methods grad_cam'],
  args,
  async run({ method: name, model, json }) {
    const registry = configuredMethods();
    const methods = name === undefined ? registry.entries.map(({ method }) => method) : [registry.get(name).method];
    if (json) console.log(JSON.stringify(methods.map(described), null, 2));
    else if (name !== undefined) console.log(methods.map(page).join('\n'));
    else await list(methods, model);
  },
});

/** Prints a line for each method, with the rows that it needs for a model. */
async function list(methods: readonly Method[], name: string): Promise<void> {
  const { model } = await openModel({ model: name }, EMBEDDED_MODELS, ROOT);
  const reports = new Map(inspect(model, configuredMethods(), {}).methods.map((report) => [report.method, report]));
  process.stderr.write(
    `${wrap(HINT, COLUMNS).join('\n')}\nRows are those for ${name}, - where a method does not apply.\n\n`,
  );
  for (const method of methods) {
    const report = reports.get(method.id);
    const text = line(method, report ? rowsOf(report) : '-');
    console.log(process.stdout.isTTY ? shortened(text, process.stdout.columns) : text);
  }
}

const COLUMNS = 80;
const HINT =
  'Start with auto, which takes the best method for the model; or with grad_cam (where in an image), ' +
  'integrated_gradients (which values, for and against) or occlusion (any model). "whylight methods occlusion" has the ' +
  'parameters of a method.';

const shortened = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, width - 2)} …` : text;

const described = ({ id, strategy, revision, about, params, presets = {} }: Method) => ({
  id,
  strategy,
  revision,
  ...about,
  parameters: parameterSchemas(params),
  presets,
});

const line = ({ id, strategy, about }: Method, rows: string): string =>
  `${id.padEnd(28)} ${strategy.padEnd(12)} ${rows.padStart(10)}  ${about.title}: ${about.summary}`;

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
