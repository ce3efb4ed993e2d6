/** One method for several inputs at once: what its runs evaluate is packed into common batches. */
import { WhylightError } from '../../errors.ts';
import type { Attribution, BoundMethod, Evaluation, ExplainContext, Needs } from '../../method/contract.ts';
import type { Target } from '../../model/target-request.ts';
import type { Random } from '../../tensor/random.ts';
import type { Float32Tensors, Inputs } from '../../tensor/rows.ts';
import { emptyRows, repeatRow, rowsOf, sliceRows } from '../../tensor/rows.ts';
import type { Tensor } from '../../tensor/tensor.ts';

export interface Subject {
  /** One row of each. */
  readonly inputs: Inputs;
  readonly random: Random;
  /** The target's score of these inputs, where it is known: a method that {@link Method.readsScore} asks for it. */
  readonly score?: number;
}

export interface InnerMethod extends BoundMethod {
  /** Its graphs, by its own names. */
  readonly graphs: Readonly<Record<string, Needs>>;
  /** Prefix of the graph names in the outer method. */
  graphName(own: string): string;
  /** Tensors that subjects bring as values, whatever the graph would compute. */
  readonly fed: readonly string[];
}

interface Waiting {
  readonly rows: Inputs;
  readonly count: number;
  readonly graph: string;
  readonly target: Target | readonly Target[];
  resolve(evaluation: Evaluation): void;
  reject(error: unknown): void;
}

/**
 * The inner method's attribution of each subject. Whenever every run waits for rows, these are evaluated together.
 * The score that an inner method sees is the subject's, or the one of its own evaluation of its input.
 * @throws WhylightError `method_failed` for a method that reads a score that is not known, and did not say that it would
 */
export async function explainTogether(
  ctx: ExplainContext<unknown>,
  inner: InnerMethod,
  subjects: readonly Subject[],
): Promise<Attribution[]> {
  const main = Object.keys(inner.graphs)[0] as string;
  let waiting: Waiting[] = [];
  let running = subjects.length;

  async function evaluateWaiting(): Promise<void> {
    if (waiting.length === 0 || waiting.length < running) return;
    const all = waiting;
    waiting = [];
    for (const group of groups(all)) {
      try {
        const [{ graph, target }] = group as [Waiting];
        const packed = await ctx.evaluate(pack(group), { graph: inner.graphName(graph), target });
        let from = 0;
        for (const one of group) {
          one.resolve(rowsBetween(packed, from, from + one.count));
          from += one.count;
        }
      } catch (error) {
        for (const one of group) one.reject(error);
      }
    }
  }

  const explain = async ({ inputs, random, score: known }: Subject): Promise<Attribution> => {
    let score = known;
    try {
      return await inner.method.explain({
        ...ctx,
        params: inner.params,
        inputs,
        random,
        get score() {
          return score ?? unknownScore(inner);
        },
        partial: () => undefined,
        // Each goes one evaluation at a time: that is what puts them together.
        prefetch: false,
        // What is mixed lies in one row for all, which others do not share.
        mixes: false,
        async evaluate(rows, { graph = main, target = ctx.target } = {}) {
          const count = Math.max(...Object.values(rows).map(rowsOf));
          const { activations, ...rest } = await new Promise<Evaluation>((resolve, reject) => {
            waiting.push({ rows, count, graph, target, resolve, reject });
            void evaluateWaiting();
          });
          if (rows === inputs && target === ctx.target && !inner.graphs[graph]?.scores)
            score = rest.scores[0] as number;
          return { ...rest, activations: { ...activations, ...fedOf(rows, inner.fed, count) } };
        },
      });
    } finally {
      running -= 1;
      void evaluateWaiting();
    }
  };
  return Promise.all(subjects.map(explain));
}

function unknownScore({ method: { id } }: InnerMethod): never {
  throw new WhylightError(
    'method_failed',
    `Method "${id}" reads the score of an input that it has not evaluated: it must say readsScore: true.`,
    { method: id },
  );
}

/** Rows of the same graph and target. */
function groups(waiting: readonly Waiting[]): Waiting[][] {
  const found: Waiting[][] = [];
  for (const one of waiting) {
    const same = found.find(([first]) => first?.graph === one.graph && first.target === one.target);
    if (same) same.push(one);
    else found.push([one]);
  }
  return found;
}

function pack(group: readonly Waiting[]): Inputs {
  const [first] = group as [Waiting];
  if (group.length === 1) return first.rows;
  return stackInputs(
    group.map(({ rows, count }) =>
      Object.fromEntries(Object.entries(rows).map(([name, value]) => [name, repeatRow(value, count)])),
    ),
  );
}

/** Rows of the same inputs below one another. */
export const stackInputs = (parts: readonly Inputs[]): Inputs =>
  Object.fromEntries(
    Object.keys(parts[0] ?? {}).map((name) => [name, stack(parts.map((rows) => rows[name] as Tensor))]),
  );

function stack(parts: readonly Tensor[]): Tensor {
  const [{ dtype, dims }] = parts as [Tensor];
  const count = parts.reduce((sum, part) => sum + rowsOf(part), 0);
  const stacked = emptyRows(dtype, count, dims.slice(1));
  let at = 0;
  for (const { data } of parts) {
    (stacked.data as Float32Array).set(data as Float32Array, at);
    at += data.length;
  }
  return stacked;
}

function rowsBetween(
  { scores, gradients, activations, hessianVectors }: Evaluation,
  from: number,
  to: number,
): Evaluation {
  const cut = (tensors: Float32Tensors): Float32Tensors =>
    Object.fromEntries(Object.entries(tensors).map(([name, all]) => [name, sliceRows(all, from, to)]));
  return {
    scores: scores.subarray(from, to),
    gradients: cut(gradients),
    activations: cut(activations),
    hessianVectors: cut(hessianVectors),
  };
}

const fedOf = (rows: Inputs, names: readonly string[], count: number): Float32Tensors =>
  Object.fromEntries(names.map((name) => [name, repeatRow(rows[name] as Tensor<'float32'>, count)]));

/** The same graphs, with these tensors fed in place of what computes them. */
export function feeding(graphs: Readonly<Record<string, Needs>>, names: readonly string[]): Record<string, Needs> {
  return Object.fromEntries(
    Object.entries(graphs).map(([graph, { feeds = [], activations = [], ...rest }]) => [
      graph,
      {
        ...rest,
        feeds: [...new Set([...feeds, ...names])],
        activations: activations.filter((name) => !names.includes(name)),
      },
    ]),
  );
}

/** @throws WhylightError `invalid_request` for a method that asks the model by hiding parts of the input. */
export function refusePerturbation({ method }: BoundMethod, parameter: string): void {
  if (method.strategy !== 'perturbation') return;
  const message = `${parameter} takes a gradient or activation method, but "${method.id}" is a perturbation method.`;
  throw new WhylightError('invalid_request', message, { issues: [{ parameter, message }] });
}

/** `name=value` texts as parameters. */
export function parameterTexts(texts: readonly string[], parameter: string): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at > 0) return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
      const message = `${parameter} takes name=value, such as n_steps=20, but "${text}" was given.`;
      throw new WhylightError('invalid_request', message, { issues: [{ parameter, message }] });
    }),
  );
}
