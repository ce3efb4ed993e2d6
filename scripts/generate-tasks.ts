/**
 * Writes docs/tasks.md from the tasks themselves: what each reads, what its predictions hold, and what may be chosen among
 * them, tried on the made outputs that the contract suite tests them with. `--check` writes nothing and fails when the page
 * is outdated.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { plugins } from '#plugins';
import { WhylightError } from '../src/core/errors.ts';
import { AUTO_RULES } from '../src/core/explainer/choose-method.ts';
import type { ModelDescription } from '../src/core/model/description.ts';
import type { Prediction, TargetChoice, Task, TaskTarget } from '../src/core/task/task.ts';
import { builtinTasks } from '../src/tasks/index.ts';
import type { TaskCase } from '../src/testing/task-contract.ts';
import { CASES } from '../test/tasks/cases.ts';

const FILE = 'docs/tasks.md';
const POINT = '`point:x,y`';
const KEYPOINT = '`box:0/keypoint:5`';
const MODALITIES = ['image', 'text', 'tabular', 'series', 'audio'];
const FIELDS = [
  'label',
  'class',
  'score',
  'probability',
  'box',
  'mask',
  'keypoints',
  'angle',
  'position',
  'span',
] as const;

/** The description with all inputs of another modality. */
const withModality = (description: ModelDescription, modality: string): ModelDescription => ({
  ...description,
  inputs: description.inputs.map((input) => ({ ...input, modality: { ...input.modality, value: modality } })),
});

/** The modality that the task is bound to: by its recognition, or by pixels or tokens in its answers. */
function readsOf(task: Task, cases: readonly TaskCase[], { fields, targets }: Facts): string {
  if (targets.has(POINT)) return 'image';
  if (fields.has('span')) return 'text';
  const taken = MODALITIES.filter((modality) =>
    cases.some(({ context }) => task.recognise(withModality(context.description, modality), context.metadata) > 0),
  );
  return taken.length === MODALITIES.length ? 'any' : taken.join(', ');
}

/** Choices of each kind that a user may write, by the words for them. */
const choicesOf = ({ label, class: klass, keypoints }: Prediction): ReadonlyMap<string, TargetChoice> =>
  new Map<string, TargetChoice>([
    ['`box:0`', { prediction: 0 }],
    ...(label === undefined ? [] : [['name', { label }] as const]),
    ...(klass === undefined ? [] : [['index', { class: klass }] as const]),
    [POINT, { point: [50, 50] }],
    ['`box:x0,y0,x1,y1`', { box: [0, 0, 60, 60] }],
    ...(keypoints ? [[KEYPOINT, { prediction: 0 }] as const] : []),
  ]);

interface Facts {
  readonly fields: ReadonlySet<string>;
  readonly targets: ReadonlyMap<string, TaskTarget>;
}

/** Fields of predictions, and choices that name one of them. */
function factsOf(task: Task, cases: readonly TaskCase[]): Facts {
  const fields = new Set<string>();
  const targets = new Map<string, TaskTarget>();
  for (const { outputs, context } of cases) {
    const found = task.read(outputs, context);
    for (const prediction of found) for (const field of Object.keys(prediction)) fields.add(field);
    for (const [words, choice] of choicesOf(found[0] ?? { score: 0 })) {
      const target = targetOf(() => task.target(choice, outputs, context));
      if (target) targets.set(words, target);
    }
  }
  return { fields, targets };
}

/** The target, or undefined where the task has no such choice. */
function targetOf(choose: () => TaskTarget): TaskTarget | undefined {
  try {
    return choose();
  } catch (error) {
    if (WhylightError.is(error, 'label_not_found') || WhylightError.is(error, 'unprocessable_method')) return undefined;
    throw error;
  }
}

/** The method that `auto` prefers for the task, and the methods that follow its predictions by their similarity. */
function methodsOf({ id }: Task, { targets }: Facts): string {
  const preferred = AUTO_RULES.filter(({ tasks }) => tasks?.includes(id)).slice(0, 1);
  const similar = [...targets.values()].some(({ similarity }) => similarity);
  const following = similar ? plugins.filter(({ method }) => method.follows === 'similarity') : [];
  const ids = [...preferred.map(({ method }) => method), ...following.map(({ method }) => method.id)];
  return ids.length > 0 ? `all; made for it: ${ids.map((one) => `[${one}](methods/${one}.md)`).join(', ')}` : 'all';
}

function rowOf(task: Task): string {
  const cases = CASES[task.id] ?? [];
  const facts = factsOf(task, cases);
  const fields = FIELDS.filter((field) => facts.fields.has(field)).map((field) => `\`${field}\``);
  const cells = [
    `\`${task.id}\``,
    task.about.summary,
    readsOf(task, cases, facts),
    fields.join(', '),
    [...facts.targets.keys()].join(', '),
    methodsOf(task, facts),
  ];
  return `| ${cells.join(' | ')} |`;
}

const page = (): string => `<!-- Written by scripts/generate-tasks.ts. Do not edit. -->
# Tasks

A task reads the outputs of a model as predictions that a person recognises (classes, boxes, masks, words), and turns the
chosen one into a number that every method can explain. The task is found from the graph, its metadata and the files
beside it. \`task\` in the manifest, \`--task\` on the command line and \`task=\` over HTTP state it; \`whylight inspect\` says
which one was found and how sure that is.

| Task | The answer | Reads | Fields of a prediction | Targets | Methods |
|---|---|---|---|---|---|
${builtinTasks.map(rowOf).join('\n')}

- Predictions are in \`predictions\` of every answer, best first: in \`--json\`, in the library, and over HTTP as an output of
  datatype BYTES with one JSON text for each row. Places are in pixels of the upright image; \`mask\` is the run-length
  encoding of COCO, \`keypoints\` are \`[x, y, score]\`, \`angle\` is in radians, and \`span\` is the first and last
  token. \`position\` counts tokens, candidates of a detector, or values.
- Predictions in a text have \`word\`, the words that their tokens belong to, with \`start\` and \`end\` in UTF-16 units; in a
  pair both texts count as one, with a line break in between. Answers to a question lie in the second text. The next
  token is that behind the last word, whatever the tokenizer appends; tokens of the vocabulary are chosen by name
  (\`good\`, with or without the space in front) or id.
- A target is what \`--target\` and \`target=\` take; the first prediction when left out. \`box:2\` is a prediction by its number
  from 0, of whatever kind. [Targets](targets.md) has the details, and \`box_score\`, the number that is explained for a box.
- Where nothing is found, the answer says so in words. It has no map, no class and no score; a box that vanishes in a
  masked run counts as 0.
- \`similarity\` explains the cosine with another input or vector, see [similar_to](targets.md#similarity); without one it
  lists the largest components.
- \`values\` is the task of outputs of unknown meaning. It never names classes; state the task, or the labels.
- A plugin may bring a task of its own, see [modalities and tasks](plugins.md#modalities-tasks-and-metrics).
`;

const text = page();
if (process.argv.includes('--check')) {
  if (!existsSync(FILE) || readFileSync(FILE, 'utf8') !== text) {
    console.error(`${FILE} is outdated: run "npx node scripts/generate-tasks.ts".`);
    process.exitCode = 1;
  }
} else {
  writeFileSync(FILE, text);
}
