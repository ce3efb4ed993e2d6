/** `whylight inspect model.onnx`: what whylight can do with a model, before anything runs. */

import type { Optimize } from '../../core/autodiff/compile.ts';
import { askMethods } from '../../core/explainer/ask-methods.ts';
import type { TensorInfo } from '../../core/model/info.ts';
import { type Inspection, inspect } from '../../tools/inspect.ts';
import { configuredMethods, EMBEDDED_MODELS, ROOT } from '../compose.ts';
import { defineCommand, JSON_ARG } from '../define-command.ts';
import { describeLines } from '../description-lines.ts';
import { positional } from '../flags.ts';
import { methodLines } from '../method-lines.ts';
import { openModel } from '../model-file.ts';

const args = {
  model: positional('Folder of a model, an ONNX file, or an embedded model'),
  ...JSON_ARG,
} as const;

export default defineCommand({
  name: 'inspect',
  description: 'Shows size, cost, operators and usable methods of an ONNX model.',
  examples: ['whylight inspect model.onnx'],
  args,
  async run({ model, json }) {
    const opened = await openModel({ model }, EMBEDDED_MODELS, ROOT);
    const methods = configuredMethods();
    await askMethods(methods, opened.model);
    const inspection = inspect(opened.model, methods, opened.opsets);
    console.log(json ? JSON.stringify(inspection, null, 2) : page(inspection));
  },
});

const MAX_ALTERNATIVES = 8;
const MAX_UNKNOWN = 4;

function shortened(names: readonly string[]): string {
  const more = names.length - MAX_UNKNOWN;
  return names.slice(0, MAX_UNKNOWN).join(', ') + (more > 0 ? ` and ${more} more nodes` : '');
}

function page(it: Inspection): string {
  const { flops, memory, scores } = it;
  const backward =
    flops.backward === undefined ? 'cannot be differentiated' : `${count(flops.backward)} more backwards`;
  const rest = it.camAlternatives.length - MAX_ALTERNATIVES;
  const lines: (readonly [string, string])[] = [
    ['model', `${it.model.name}  sha256 ${it.model.digest}`],
    ...describeLines(it.description),
    [
      'scores',
      `${scores.tensor} [${scores.dims.join(', ')}]${scores.probability ? `, probabilities by ${scores.probability}` : ''}`,
    ],
    [
      'opset',
      Object.entries(it.opsets)
        .map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`)
        .join(', '),
    ],
    ['parameters', `${it.parameters.toLocaleString('en')} (${mib(it.weightBytes)})`],
    ['FLOPs a row', `${count(flops.forward)} forwards, ${backward}`],
    ...(flops.unknown.length > 0
      ? [['', `not counted, of unknown shape: ${shortened(flops.unknown)}`] as [string, string]]
      : []),
    ['CAM layer', it.camLayer ? layer(it.camLayer) : 'none: the model has no feature maps'],
    ...it.camAlternatives.slice(0, MAX_ALTERNATIVES).map((info): [string, string] => ['', `or ${layer(info)}`]),
    ...(rest > 0 ? [['', `and ${rest} more`] as [string, string]] : []),
    [
      'in an isolate',
      `${mib(memory.forward)} forwards, of ${mib(memory.limit)}; with the weights to load from ${mib(memory.weights)} more`,
    ],
    ...(memory.gradient ? [['', `with the gradient ${eachWay(memory.gradient)}`] as [string, string]] : []),
    ...(memory.cam ? [['', `with the CAM layer's ${eachWay(memory.cam)}`] as [string, string]] : []),
  ];
  const operators = it.operators.map(({ op, domain, nodes, flops, rule, note }) => {
    const name = domain === 'ai.onnx' ? op : `${domain}.${op}`;
    return `  ${name.padEnd(26)} ${String(nodes).padStart(5)}  ${count(flops).padStart(8)}  ${rule}${note ? `: ${note}` : ''}`;
  });
  return [
    ...lines.map(([name, text]) => `${name.padEnd(14)} ${text}`),
    `\nOPERATORS ${' '.repeat(18)} nodes     FLOPs  backwards`,
    ...operators,
    ...methodLines(it.methods),
  ].join('\n');
}

const layer = ({ name, dims }: TensorInfo): string => `${name} [${dims.join(', ')}]`;
const eachWay = ({ memory, speed }: Readonly<Record<Optimize, number>>): string =>
  `${mib(memory)} (optimised for memory) or ${mib(speed)} (for speed)`;
const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** 1.2 G, 340 M, 12 k. */
function count(value: number): string {
  for (const [unit, size] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    if (value >= size) return `${(value / size).toPrecision(3)} ${unit}`;
  }
  return String(value);
}
