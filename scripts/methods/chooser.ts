/** docs/methods/README.md: from what is needed to the methods, then all of them. */
import type { Method } from '../../src/core/method/contract.ts';
import type { Costs } from './costs.ts';
import { cell, MARK } from './markdown.ts';
import { NEEDS, type Need } from './needs.ts';

const STRATEGIES = ['gradient', 'activation', 'perturbation'] as const;
const TRAITS = '| Signed | Complete | Deterministic | Class |';

const link = ({ id }: Method): string => `[${id}](${id}.md)`;
const tick = (holds: boolean): string => (holds ? 'yes' : '');

function traits({ about: { properties } }: Method): string {
  const { signed, complete, deterministic, classDiscriminative } = properties;
  return [signed, complete, deterministic, classDiscriminative].map(tick).join(' | ');
}

export function chooser(methods: readonly Method[], costs: Costs): string {
  const byId = new Map(methods.map((method) => [method.id, method]));
  const cost = (method: Method): string => costs.of(method) ?? '-';
  const section = ({ need, because, methods: ids }: Need): string => {
    const rows = ids.flatMap((id) => {
      const method = byId.get(id);
      if (!method) return [];
      return [
        `| ${link(method)} | ${cell(method.about.summary)} | ${cost(method)} | ${traits(method)} | ${method.about.modalities.join(', ')} |`,
      ];
    });
    return [
      `### ${need}`,
      '',
      because,
      '',
      `| Method | What it asks of the model | Cost ${TRAITS} Inputs |`,
      '|---|---|---|---|---|---|---|---|',
      ...rows,
    ].join('\n');
  };
  const needs = NEEDS.map(
    ({ need, methods: ids }) =>
      `| [${need}](#${anchor(need)}) | ${ids
        .flatMap((id) => (byId.has(id) ? [`[${id}](${id}.md)`] : []))
        .slice(0, 3)
        .join(', ')} |`,
  );
  const all = STRATEGIES.flatMap((strategy) =>
    methods
      .filter((method) => method.strategy === strategy)
      .map(
        (method) =>
          `| ${link(method)} | ${strategy} | ${cell(method.about.summary)} | ${cost(method)} | ${traits(method)} |`,
      ),
  );
  return `${MARK}
# Methods

| What you need | Try first |
|---|---|
${needs.join('\n')}

Not sure? \`whylight compare image.jpg --model model.onnx -o sheet.png\` shows all that apply, side by side, and
\`whylight evaluate\` measures which of them is faithful to your model.

## How to read the tables

*Cost*: the rows that run with default parameters, for a model of 3x224x224 images whose last spatial layer has 512
maps of 7x7. A *forward* is a row that goes through the model; a *gradient* is one that goes forward and back: two to three
forwards in WebAssembly, more with native kernels, and hardly more than one for the last layer of a convolutional network
([measured](../compiler.md#what-it-costs)). "-" means that the method does not apply to such a model. What a request costs is
known before it runs: \`POST .../explain/estimate\` answers rows and milliseconds.

*Signed*: values below zero speak against the target. *Complete*: the values add up to the score's distance from the
baseline's. *Deterministic*: no random draws, whatever the seed; the others repeat with the same \`seed\`. *Class*: another
target gives another map.

In the formulas $S$ is the [target](../targets.md)'s score, $x$ the input, $x'$ the baseline, $A_k$ channel $k$ of a layer,
$A_k(p)$ its value at position $p$, and $y_j$ an element of a layer.

## From what you need

${NEEDS.map(section).join('\n\n')}

## All methods

| Method | Strategy | What it asks of the model | Cost ${TRAITS}
|---|---|---|---|---|---|---|---|
${all.join('\n')}
`;
}

/** The name that GitHub gives a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
