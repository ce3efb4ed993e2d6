/** The contract suite of tasks: what every task promises, tried on outputs of which a reading is known. */

import type { Engine } from '../core/engine/engine.ts';
import { WhylightError } from '../core/errors.ts';
import { GraphBuilder } from '../core/onnx/builder.ts';
import type { Graph } from '../core/onnx/graph.ts';
import { write } from '../core/onnx/write.ts';
import type { Prediction, Task, TaskContext, TaskOutputs, TaskTarget } from '../core/task/task.ts';
import { float32 } from '../core/tensor/tensor.ts';
import type { Runner } from './contract.ts';
import { expect } from './expect.ts';

/** Outputs of one run of a model of the task, with at least one prediction in them. */
export interface TaskCase {
  readonly name: string;
  readonly outputs: TaskOutputs;
  readonly context: TaskContext;
  /** Explained is another number than the score of the prediction: the logit of class 0 by one score of class 1. */
  readonly otherNumber?: boolean;
}

interface Promised {
  readonly title: string;
  check(task: Task, example: TaskCase, engine: () => Promise<Engine>): void | Promise<void>;
}

const PROMISES: readonly Promised[] = [
  {
    title: 'recognises the model, with evidence between 0 and 1',
    check(task, { context: { description, metadata } }) {
      const evidence = task.recognise(description, metadata);
      expect(evidence > 0 && evidence <= 1, `The evidence is ${evidence}: it must lie above 0 and not above 1.`);
    },
  },
  {
    title: 'reads predictions that survive JSON',
    check(task, { outputs, context }) {
      const predictions = task.read(outputs, context);
      expect(predictions.length > 0, 'There are no predictions.');
      const again = JSON.stringify(JSON.parse(JSON.stringify(predictions)));
      expect(again === JSON.stringify(predictions), 'Something in the predictions is lost in JSON.');
      const wrong = predictions.find(({ score }) => !Number.isFinite(score));
      expect(!wrong, `A score is no finite number: ${JSON.stringify(wrong)}.`);
    },
  },
  {
    title: 'reads the same again, and leaves the outputs as they were',
    check(task, { outputs, context }) {
      const before = snapshot(outputs);
      const first = JSON.stringify(task.read(outputs, context));
      expect(first === JSON.stringify(task.read(outputs, context)), 'A second reading differs.');
      expect(before === snapshot(outputs), 'The outputs were changed.');
    },
  },
  {
    title: 'gives no more predictions than asked for',
    check(task, { outputs, context }) {
      const { length } = task.read(outputs, { ...context, top: 1 });
      expect(length <= 1 || task.id === 'regression', `Asked for 1, there are ${length}.`);
    },
  },
  {
    title: 'explains every prediction by elements of a tensor that the run gave, or that its nodes make',
    async check(task, example, engine) {
      for (const { target } of targets(task, example)) {
        const size = (await explained(target, example.outputs, engine)).length;
        expect(target.weights.length > 0, 'There are no weights.');
        const wrong = target.weights.find(
          ({ index, weight }) => !(index >= 0 && index < size && Number.isFinite(weight)),
        );
        expect(!wrong, `${JSON.stringify(wrong)} is no weight of ${size} elements.`);
      }
    },
  },
  {
    title: 'explains the score of the prediction',
    async check(task, example, engine) {
      if (example.otherNumber) return;
      for (const { prediction, target } of targets(task, example)) {
        const sum = sumOf(target, await explained(target, example.outputs, engine));
        near(sum, prediction.score, 'The weighted sum');
      }
    },
  },
  {
    title: 'finds the prediction again in the same run, and a finite number in an empty one',
    check(task, example) {
      for (const { target, prediction } of targets(task, example)) {
        if (!target.follow) continue;
        near(target.follow(example.outputs), prediction.score, 'The followed number');
        const empty = Object.entries(example.outputs).map(([name, { dims, data }]) => [
          name,
          float32(dims, new Float32Array(data.length)),
        ]);
        const gone = target.follow(Object.fromEntries(empty));
        expect(Number.isFinite(gone), `In a run of zeros the number is ${gone}.`);
      }
    },
  },
  {
    title: 'makes the same tensor under the same name',
    check(task, example) {
      const made = new Map<string, string>();
      for (const { target } of targets(task, example)) {
        if (!target.build) continue;
        const nodes = JSON.stringify(graphOf(target, example.outputs).nodes);
        expect((made.get(target.output) ?? nodes) === nodes, `"${target.output}" names two different tensors.`);
        made.set(target.output, nodes);
      }
    },
  },
  {
    title: 'refuses a choice that names nothing with label_not_found',
    check(task, { outputs, context }) {
      for (const choice of [{ prediction: 1e9 }, { label: 'no class is called this' }, { class: 1e9 }] as const) {
        let raised: unknown;
        try {
          task.target(choice, outputs, context);
        } catch (error) {
          raised = error;
        }
        expect(WhylightError.is(raised, 'label_not_found'), `${JSON.stringify(choice)} gave ${String(raised)}.`);
      }
    },
  },
];

/** Holds a task against the contract: one test for each promise and case. */
export function testTask(
  task: Task,
  cases: readonly TaskCase[],
  engine: () => Promise<Engine>,
  { describe, it }: Runner,
): void {
  describe(`the task ${task.id}`, () => {
    it('describes itself', async () => {
      expect(
        task.apiVersion === 1 && /^[a-z][a-z0-9_]*$/.test(task.id),
        'The version must be 1, the id in snake_case.',
      );
      expect(task.about.title.length > 0 && task.about.summary.endsWith('.'), 'The title or the summary is missing.');
    });
    for (const example of cases) {
      for (const { title, check } of PROMISES) {
        it(`${title}: ${example.name}`, async () => check(task, example, engine));
      }
    }
  });
}

function targets(task: Task, { outputs, context }: TaskCase): { prediction: Prediction; target: TaskTarget }[] {
  return task
    .read(outputs, context)
    .map((prediction, index) => ({ prediction, target: task.target({ prediction: index }, outputs, context) }));
}

const snapshot = (outputs: TaskOutputs): string =>
  JSON.stringify(Object.entries(outputs).map(([name, { dims, data }]) => [name, dims, [...data]]));

const sumOf = ({ weights }: TaskTarget, data: ArrayLike<number>): number =>
  weights.reduce((sum, { index, weight }) => sum + weight * (data[index] ?? Number.NaN), 0);

function near(actual: number, expected: number, what: string): void {
  const close = Math.abs(actual - expected) <= 1e-5 * Math.max(1, Math.abs(expected));
  expect(close, `${what} is ${actual}, the score ${expected}.`);
}

/** Elements of the tensor that a target weights. */
async function explained(
  target: TaskTarget,
  outputs: TaskOutputs,
  engine: () => Promise<Engine>,
): Promise<ArrayLike<number>> {
  if (!target.build) {
    const { data } = outputs[target.output] ?? {};
    expect(data !== undefined, `The run gave no "${target.output}".`);
    return data;
  }
  const session = await (await engine()).load(write(graphOf(target, outputs)));
  try {
    const answer = (await session.run(outputs))[target.output];
    expect(answer !== undefined, 'The nodes make no tensor of the name of the output.');
    return Float32Array.from(answer.data as Float32Array);
  } finally {
    await session.release();
  }
}

/** The graph from the outputs of a run to the tensor that a target weights. */
function graphOf({ build, output }: TaskTarget, outputs: TaskOutputs): Graph {
  const g = GraphBuilder.empty();
  const values = new Map(Object.entries(outputs).map(([name, { dims }]) => [name, g.input(name, 'float32', dims)]));
  const value = (name: string) => {
    const found = values.get(name);
    expect(found !== undefined, `The run gave no "${name}".`);
    return found;
  };
  const made = build?.(g, value);
  expect(made !== undefined, 'There are no nodes.');
  return g.build([g.named(made, output)]);
}
