/**
 * Writes docs/methods from the methods themselves: README.md, a table to choose from, and a page for each method that
 * plugins.config.json names. `--check` writes nothing and fails when a page is outdated, missing or left over.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plugins } from '#plugins';
import { WhylightError } from '../src/core/errors.ts';
import type { Cost, Method } from '../src/core/method/contract.ts';
import { parseParams } from '../src/core/method/params.ts';
import { MethodRegistry } from '../src/core/method/registry.ts';
import { expectation, type ParameterSchema, parameterSchemas } from '../src/core/method/schema.ts';
import { type BoundInfo, Model } from '../src/core/model/model.ts';
import { GraphBuilder } from '../src/core/onnx/builder.ts';
import { write } from '../src/core/onnx/write.ts';

const FOLDER = 'docs/methods';
const INDEX = 'README.md';
const MARK = '<!-- Written by scripts/generate-methods.ts. Do not edit. -->';
const STRATEGIES = ['gradient', 'activation', 'perturbation'] as const;

const methods = plugins.map(({ method }) => method);
const registry = new MethodRegistry(methods.map((method) => ({ method })));

/** What costs are counted for: 3x224x224 pictures, a last layer of 512 maps of 7x7, 1000 classes. */
async function exampleModel(): Promise<BoundInfo> {
  const g = GraphBuilder.empty('example');
  const zeros = (dims: number[]) =>
    g.constant('float32', dims, new Float32Array(dims.reduce((size, extent) => size * extent, 1)));
  const photo = g.input('image', 'float32', ['N', 3, 224, 224]);
  const maps = g.op('Relu', [g.op('Conv', [photo, zeros([512, 3, 32, 32]), zeros([512])], { strides: [32, 32] })]);
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [maps])]);
  const logits = g.op('Gemm', [pooled, zeros([512, 1000]), zeros([1000])]);
  const model = await Model.read({ bytes: write(g.build([g.named(logits, 'logits')])).graph });
  return model.info();
}

/** Undefined where the method does not apply to the example, or the parameters do not go together. */
function costOf(method: Method, info: BoundInfo, raw: Readonly<Record<string, unknown>> = {}): Cost | undefined {
  try {
    return method.cost(parseParams(method, raw), info, registry, { baselines: 0 });
  } catch (error) {
    if (WhylightError.is(error)) return undefined;
    throw error;
  }
}

function rows({ forwards, backwards }: Cost): string {
  const parts = [
    forwards > 0 && `${forwards} ${forwards === 1 ? 'forward' : 'forwards'}`,
    backwards > 0 && `${backwards} ${backwards === 1 ? 'gradient' : 'gradients'}`,
  ].filter((part) => part !== false);
  return parts.join(' + ') || 'none';
}

/** Another value for a parameter, to see whether the cost depends on it. */
function others({ type, default: value, enum: choices }: ParameterSchema): unknown[] {
  if (type === 'boolean') return [!value];
  if (choices) return choices.filter((choice) => choice !== value);
  if ((type === 'integer' || type === 'number') && typeof value === 'number') return [value * 2];
  return [];
}

/** What the cost becomes when one parameter is changed; only where it changes. */
function examples(method: Method, info: BoundInfo): string[] {
  const usual = costOf(method, info);
  if (!usual) return [];
  return Object.entries(parameterSchemas(method.params)).flatMap(([name, schema]) =>
    others(schema).flatMap((value) => {
      const cost = costOf(method, info, { [name]: value });
      if (!cost || rows(cost) === rows(usual)) return [];
      return [`| \`${name}\` = ${code(value)} | ${rows(cost)} |`];
    }),
  );
}

const code = (value: unknown): string => (value === undefined ? '' : `\`${JSON.stringify(value)}\``);
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const tick = (holds: boolean): string => (holds ? 'yes' : '');

function index(info: BoundInfo): string {
  const lines = STRATEGIES.flatMap((strategy) =>
    methods
      .filter((method) => method.strategy === strategy)
      .map((method) => {
        const { summary, properties } = method.about;
        const { signed, complete, deterministic, classDiscriminative } = properties;
        const traits = [signed, complete, deterministic, classDiscriminative].map(tick).join(' | ');
        const cost = costOf(method, info);
        return `| [${method.id}](${method.id}.md) | ${strategy} | ${cell(summary)} | ${cost ? rows(cost) : '-'} | ${traits} |`;
      }),
  );
  return `${MARK}
# Methods

*Cost*: the rows that run with default parameters, for a model of 3x224x224 pictures whose last spatial layer has 512
maps of 7x7. A *gradient* is a row that goes forward and back. "-" means that the method does not apply to such a model.

*Signed*: values below zero speak against the target. *Complete*: the values add up to the score's distance from the
baseline's. *Deterministic*: no random draws, whatever the seed. *Class*: another target gives another map.

| Method | Strategy | What it asks of the model | Cost | Signed | Complete | Deterministic | Class |
|---|---|---|---|---|---|---|---|
${lines.join('\n')}

Not sure? \`whylight compare photo.jpg --model model.onnx -o sheet.png\` shows all that apply, side by side.
`;
}

function page(method: Method, info: BoundInfo): string {
  const { id, strategy, about, params, presets = {} } = method;
  const { title, summary, paper, modalities, properties } = about;
  const parameters = Object.entries(parameterSchemas(params)).map(
    ([name, schema]) =>
      `| \`${name}\` | ${cell(code(schema.default))} | ${cell(expectation(schema))} | ${cell(schema.description ?? '')} |`,
  );
  const libraries = Object.entries(presets).map(
    ([name, values]) =>
      `| \`${name}\` | ${cell(
        Object.entries(values)
          .map(([parameter, value]) => `\`${parameter}\` = ${code(value)}`)
          .join(', ') || 'the defaults',
      )} |`,
  );
  const cost = costOf(method, info);
  const changed = examples(method, info);
  const answer = (holds: boolean) => (holds ? 'yes' : 'no');
  return `${[
    MARK,
    `# ${title}`,
    '',
    summary,
    ...(paper ? ['', `Paper: [${paper.title}](${paper.url}) (${paper.year}).`] : []),
    '',
    '```',
    `npx whylight explain photo.jpg --method ${id} -o map.png`,
    '```',
    '',
    '| Property | |',
    '|---|---|',
    `| Strategy | ${strategy} |`,
    `| Inputs | ${modalities.join(', ')} |`,
    `| Signed | ${answer(properties.signed)} |`,
    `| Complete | ${answer(properties.complete)} |`,
    `| Deterministic | ${answer(properties.deterministic)} |`,
    `| Class discriminative | ${answer(properties.classDiscriminative)} |`,
    `| Revision | ${method.revision} |`,
    '',
    '## Parameters',
    '',
    ...(parameters.length > 0
      ? ['| Parameter | Default | Takes | |', '|---|---|---|---|', ...parameters]
      : ['It has none.']),
    '',
    ...(libraries.length > 0
      ? ['## Presets', '', 'What `preset` sets, by library:', '', '| Preset | Sets |', '|---|---|', ...libraries, '']
      : []),
    '## Cost',
    '',
    cost
      ? `With default parameters: ${rows(cost)}, for the model that the [table of methods](${INDEX}) describes.`
      : `It does not apply to the model that the [table of methods](${INDEX}) counts costs for.`,
    ...(changed.length > 0 ? ['', '| With | Rows |', '|---|---|', ...changed] : []),
  ].join('\n')}\n`;
}

/** The text of every file, by name. */
async function pages(): Promise<Map<string, string>> {
  const info = await exampleModel();
  return new Map([
    [INDEX, index(info)],
    ...methods.map((method): [string, string] => [`${method.id}.md`, page(method, info)]),
  ]);
}

const wanted = await pages();
mkdirSync(FOLDER, { recursive: true });
const present = readdirSync(FOLDER).filter((name) => name.endsWith('.md'));
const leftOver = present.filter((name) => !wanted.has(name));
const outdated = [...wanted].filter(
  ([name, text]) => !present.includes(name) || readFileSync(join(FOLDER, name), 'utf8') !== text,
);
if (process.argv.includes('--check')) {
  const wrong = [...leftOver, ...outdated.map(([name]) => name)];
  if (wrong.length > 0) {
    console.error(`${FOLDER} is outdated (${wrong.join(', ')}): run "npx node scripts/generate-methods.ts".`);
    process.exitCode = 1;
  }
} else {
  for (const name of leftOver) rmSync(join(FOLDER, name));
  for (const [name, text] of outdated) writeFileSync(join(FOLDER, name), text);
}
