import type { InputFact, ModelDescription, OutputFact } from '../../src/core/model/description.ts';
import type { TaskOutputs } from '../../src/core/task/task.ts';

const fact = <T>(value: T) => ({ value, source: 'graph' as const });

/** An input of float32. */
export const input = (shape: InputFact['shape'], modality = 'image', name = 'x'): InputFact => ({
  name,
  dtype: 'float32',
  shape,
  modality: fact(modality),
  layout: fact('NCHW'),
  batchAxis: fact(0),
  role: fact('explained' as const),
});

interface About {
  readonly classAxis?: number | null;
  readonly activation?: OutputFact['activation']['value'];
  readonly names?: readonly string[];
  readonly first?: number;
  readonly logits?: string;
  readonly task?: string;
}

/** The description of a model that gave these outputs; the first is explained. */
export function described(
  inputs: readonly InputFact[],
  outputs: TaskOutputs,
  { classAxis, activation = 'none', names, first = 0, logits, task }: About = {},
): ModelDescription {
  const facts = Object.entries(outputs)
    .filter(([name]) => name !== logits)
    .map(
      ([name, { dims }], i): OutputFact => ({
        name,
        dtype: 'float32',
        shape: dims,
        task: { value: task ?? 'values', source: task ? 'manifest' : 'default' },
        ...(classAxis !== undefined && { classAxis: fact(classAxis) }),
        batchAxis: fact(0),
        activation: fact(activation),
        logits: (i === 0 && logits) || name,
        ...(names && { labels: fact({ names, first }) }),
      }),
    );
  return { inputs, outputs: facts, explained: facts[0] as OutputFact, doubts: [] };
}
