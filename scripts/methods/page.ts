/** The page of one method: what it declares, and the words beside its plugin where there are some. */
import type { Axiom, Method } from '../../src/core/method/contract.ts';
import { RESULT_KINDS, type ResultKind } from '../../src/core/method/results.ts';
import { expectation, parameterSchemas } from '../../src/core/method/schema.ts';
import type { Costs } from './costs.ts';
import { cell, code, MARK } from './markdown.ts';
import type { Section, Words } from './words.ts';

/** @param ids of all methods that have a page */
export function page(method: Method, costs: Costs, words: Words = {}, ids: readonly string[] = []): string {
  const { about } = method;
  const { title, summary, paper } = about;
  const others = ids.filter((id) => id !== method.id);
  const said = (section: Section): string[] =>
    words[section]
      ? [
          `## ${section}

${linked(words[section], others)}`,
        ]
      : [];
  const parts = [
    `# ${title}`,
    summary,
    ...(paper
      ? [`Paper: [${paper.title}](${paper.url}) (${paper.year})${paper.where ? `, ${paper.where}` : ''}.`]
      : []),
    ...said('Formula'),
    ...said('The numbers'),
    properties(method),
    ...results(method),
    ...said('Use it when'),
    ...said('Look elsewhere when'),
    calls(method, costs),
    parameters(method),
    ...presets(method),
    cost(method, costs),
  ];
  return `${MARK}\n${parts.join('\n\n')}\n`;
}

/** Links the ids in running text, not those in formulas and code. */
function linked(text: string, ids: readonly string[]): string {
  const names = new RegExp(`(?<![\\w-])(${ids.join('|')})(?![\\w-])`, 'g');
  return text
    .split(/(```[\s\S]*?```|`[^`]*`|\$[^$]*\$)/)
    .map((piece, i) => (i % 2 === 1 || ids.length === 0 ? piece : piece.replaceAll(names, '[$1]($1.md)')))
    .join('');
}

const AXIOM_WORDS: Readonly<Record<Axiom, string>> = {
  symmetry: 'symmetry (what the model treats alike gets the same)',
  dummy: 'dummy (what the score does not depend on gets zero)',
  linearity: 'linearity (a weighted sum of scores gets the weighted sum)',
  sensitivity: 'sensitivity (what alone differs from the baseline, and matters, does not get zero)',
};

function properties({ strategy, revision, about: { modalities, properties, axioms = [] } }: Method): string {
  const answer = (holds: boolean) => (holds ? 'yes' : 'no');
  return `| Property | |
|---|---|
| Strategy | ${strategy} |
| Inputs | ${modalities.join(', ')} |
| Signed: below zero speaks against the target | ${answer(properties.signed)} |
| Complete: adds up to the score less the baseline's | ${answer(properties.complete)} |
| Deterministic: no random draws | ${answer(properties.deterministic)} |
| Class discriminative: another target, another map | ${answer(properties.classDiscriminative)} |
| Axioms that hold, whatever the model | ${axioms.map((axiom) => AXIOM_WORDS[axiom]).join('; ') || 'none is claimed'} |
| Revision | ${revision} |`;
}

const RESULTS: Readonly<Record<ResultKind, { readonly outputs: string; readonly draw?: string }>> = {
  maps: { outputs: '`maps`, `map_names`, `saliency_maps`', draw: '`show=maps`' },
  uncertainty: { outputs: '`uncertainty`, `uncertainty_map`', draw: '`show=uncertainty`' },
  boxes: { outputs: '`boxes`' },
  text: { outputs: '`text`' },
};

function results({ returns = {} }: Method): string[] {
  const rows = RESULT_KINDS.flatMap((kind) => {
    const phrase = returns[kind];
    const { outputs, draw } = RESULTS[kind];
    return phrase === undefined ? [] : [`| ${outputs} | ${cell(phrase)} | ${draw ?? 'drawn with the map'} |`];
  });
  if (rows.length === 0) return [];
  return [
    ['It may return, beside its values:', '', '| Output | Content | Drawing |', '|---|---|---|', ...rows].join('\n'),
  ];
}

/** Input, model and drawing of the example of a method. */
interface Example {
  readonly file: string;
  readonly mediaType: string;
  /** Flag of the command line, with a blank behind it. */
  readonly flag: string;
  /** Name of the model on a server. */
  readonly model: string;
  readonly drawing: 'png' | 'svg';
}

const IMAGE = { file: 'image.jpg', mediaType: 'image/jpeg', drawing: 'png' } as const;
const ON_EMBEDDED: Example = { ...IMAGE, flag: '', model: 'everyday' };
const ON_TRANSFORMER: Example = { ...IMAGE, flag: '--model vit.onnx ', model: 'vit' };
const ON_TABLE: Example = {
  file: 'examples/data/penguins.csv',
  mediaType: 'text/csv',
  flag: '--model penguins ',
  model: 'penguins',
  drawing: 'svg',
};

/** Methods that the embedded model of images refuses. */
const OTHER_EXAMPLES: Readonly<Record<string, Example>> = {
  attention_rollout: ON_TRANSFORMER,
  raw_attention: ON_TRANSFORMER,
  transformer_attribution: ON_TRANSFORMER,
  vit_recipro_cam: ON_TRANSFORMER,
  tree_shap: ON_TABLE,
  counterfactual: ON_TABLE,
};

function calls(method: Method, costs: Costs): string {
  const { id } = method;
  // The embedded model is much like the example that costs are counted for.
  const usual = costs.of(method) === undefined ? ON_TRANSFORMER : ON_EMBEDDED;
  const { file, mediaType, flag, model, drawing } = OTHER_EXAMPLES[id] ?? usual;
  // Several rows of a table are answered in numbers.
  const [out, accept] = drawing === 'svg' ? ['', ''] : ['-o map.png ', "-H 'accept: image/png' "];
  return `## How to call it

\`\`\`sh
npx whylight explain ${file} ${flag}--method ${id} -o map.${drawing}

curl ${out}-H 'content-type: ${mediaType}' ${accept}--data-binary @${file} \\
  'http://127.0.0.1:8787/v2/models/${model}/explain?method=${id}'
\`\`\`

\`\`\`ts
const { rows } = await explainer.explain(model, { method: '${id}', inputs });
\`\`\``;
}

function parameters({ params }: Method): string {
  const rows = Object.entries(parameterSchemas(params)).map(
    ([name, schema]) =>
      `| \`${name}\` | ${cell(code(schema.default))} | ${cell(expectation(schema))} | ${cell(schema.description ?? '')} |`,
  );
  if (rows.length === 0) return '## Parameters\n\nIt has none.';
  return ['## Parameters', '', '| Parameter | Default | Takes | |', '|---|---|---|---|', ...rows].join('\n');
}

function presets({ presets: libraries = {} }: Method): string[] {
  const rows = Object.entries(libraries).map(
    ([name, values]) =>
      `| \`${name}\` | ${cell(
        Object.entries(values)
          .map(([parameter, value]) => `\`${parameter}\` = ${code(value)}`)
          .join(', ') || 'the defaults',
      )} |`,
  );
  if (rows.length === 0) return [];
  return [
    ['## Presets', '', 'What `preset` sets, by library:', '', '| Preset | Sets |', '|---|---|', ...rows].join('\n'),
  ];
}

function cost(method: Method, costs: Costs): string {
  const usual = costs.of(method);
  const changes = costs.changes(method);
  return [
    '## Cost',
    '',
    usual === undefined
      ? 'It does not apply to the model that the [table of methods](README.md) counts costs for.'
      : `With default parameters: ${usual}, for the model that the [table of methods](README.md) describes.`,
    ...(changes.length > 0 ? ['', '| With | Rows |', '|---|---|', ...changes] : []),
  ].join('\n');
}
