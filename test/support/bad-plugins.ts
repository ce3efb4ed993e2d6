/** Methods that do what no method should. Each says what its own caller gets; nobody else may notice it. */
import * as z from 'zod';
import { WhylightError } from '../../src/core/errors.ts';
import type { ExplainContext, Method } from '../../src/core/method/contract.ts';
import { defineMethod } from '../../src/core/method/define.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';

type Context = ExplainContext<Record<string, never>>;

/** Text that no answer may hold. */
export const SECRET = 'secret-of-the-plugin';

export interface BadPlugin {
  readonly method: Method;
  /** Status of the answer to whoever asks for it. */
  readonly status: number;
}

const zeros = (dims: readonly number[] = [1, 3, 32, 32]) => float32([...dims]);
const answer = { values: { input: zeros() } };

function bad(
  id: string,
  status: number,
  explain: (ctx: Context) => unknown,
  parts: Partial<Pick<Method, 'needs' | 'cost'>> = {},
): BadPlugin {
  const method = defineMethod({
    apiVersion: 1,
    id: `bad_${id}`,
    revision: 1,
    strategy: 'perturbation',
    about: {
      title: id,
      summary: 'For tests.',
      modalities: ['image', 'vector'],
      properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
    },
    params: z.object({}),
    needs: () => ({}),
    cost: () => ({ forwards: 3, backwards: 0 }),
    explain: explain as (ctx: Context) => Promise<never>,
    ...parts,
  });
  return { method: method as unknown as Method, status };
}

const writing = (id: string, write: (ctx: Context) => void): BadPlugin =>
  bad(id, 500, async (ctx) => {
    write(ctx);
    return answer;
  });

/** Writes over every byte of the weights that it can reach. */
const eraseWeights = ({ model }: Pick<Context, 'model'>): void => {
  for (const { bytes } of model.graph.constants.values()) bytes.fill(0);
};

/** Waits without end in one turn of the event loop. */
const spin = (): never => {
  for (;;) kept.length = 0;
};

const kept: unknown[] = [];
const mutable = (value: unknown) => value as Record<string, unknown> & unknown[] & Map<string, unknown>;

/** Methods that only an isolate of their own can hold. */
export const WORSE_PLUGINS: readonly BadPlugin[] = [
  bad('spins', 504, spin),
  bad('spins_in_needs', 500, async () => answer, { needs: spin }),
  bad('spins_after_refusal', 500, async (ctx) => {
    await ctx.evaluate({ input: zeros([50, 3, 32, 32]) }).catch(() => undefined);
    return spin();
  }),
  bad('hoards', 500, async () => {
    for (;;) {
      kept.push(new Uint8Array(32 * 2 ** 20).fill(1));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }),
  bad('hoards_objects', 500, async () => {
    for (;;) kept.push(new Array(2 ** 16).fill(kept.length));
  }),
  bad('ends_the_process', 500, async () => {
    (globalThis as unknown as { process: { exit(code: number): never } }).process.exit(3);
  }),
  bad('rejects_unheard', 500, async () => {
    void Promise.reject(new Error(SECRET));
    return new Promise(() => undefined);
  }),
  bad('throws_later', 500, async () => {
    setTimeout(() => {
      throw new Error(SECRET);
    }, 1);
    return new Promise(() => undefined);
  }),
  bad('reads_secrets', 200, async () => {
    const { env } = (globalThis as unknown as { process: { env: Record<string, string | undefined> } }).process;
    if (Object.keys(env).length > 0) throw new Error(`It sees ${Object.keys(env).join(', ')}.`);
    return answer;
  }),
];

export const BAD_PLUGINS: readonly BadPlugin[] = [
  // Writing to what everybody shares.
  writing('object_prototype', () => Object.defineProperty(Object.prototype, 'spoilt', { value: 1, enumerable: true })),
  writing('array_prototype', () => Object.assign(Array.prototype, { map: () => [] })),
  writing('constants', ({ model }) => mutable(model.graph.constants).set('x', {})),
  writing('nodes', ({ model }) => mutable(model.graph.nodes).push(SECRET)),
  writing('node', ({ model }) => Object.assign(model.graph.nodes[0] as object, { op: SECRET })),
  writing('info', ({ model }) => Object.assign(model, { scores: SECRET })),
  writing('inputs_of_info', ({ model }) => Object.assign(model.inputs[0] as object, { name: SECRET })),
  bad('weights', 200, async (ctx) => {
    eraseWeights(ctx);
    return answer;
  }),
  bad('weights_in_needs', 200, async () => answer, {
    needs: (_, model) => {
      eraseWeights({ model });
      return {};
    },
  }),
  bad('mutated_input', 200, async ({ inputs }) => {
    for (const { data } of Object.values(inputs)) data.fill(0 as never);
    return answer;
  }),
  // Values that are no answers.
  bad('throws_text', 500, () => {
    throw SECRET;
  }),
  bad('throws_undefined', 500, () => {
    throw undefined;
  }),
  bad('null', 500, async () => null),
  bad('nan', 500, async () => ({
    values: { input: float32([1, 3, 32, 32], new Float32Array(3072).fill(Number.NaN)) },
  })),
  bad('shape', 500, async () => ({ values: { input: zeros([1, 7]) } })),
  bad('tensor', 500, async () => ({ values: { [SECRET]: zeros() } })),
  bad('partial', 500, async (ctx) => {
    ctx.partial({ values: { input: zeros([1, 7]) } });
    return answer;
  }),
  // Costs and rows.
  bad('cost_nan', 500, async () => answer, { cost: () => ({ forwards: Number.NaN, backwards: 0 }) }),
  bad('cost_negative', 500, async () => answer, { cost: () => ({ forwards: -1, backwards: 0 }) }),
  bad('needs_throws', 500, async () => answer, {
    needs: () => {
      throw new TypeError(SECRET);
    },
  }),
  bad('more_rows', 500, async (ctx) => {
    await ctx.evaluate({ input: zeros([50, 3, 32, 32]) });
    return answer;
  }),
  bad('more_rows_swallowed', 500, async (ctx) => {
    for (let i = 0; i < 100; i++) await ctx.evaluate({ input: zeros([50, 3, 32, 32]) }).catch(() => undefined);
    return answer;
  }),
  // Posing as the host, and staying on.
  bad('poses', 500, () => {
    throw new WhylightError('unauthorized', SECRET);
  }),
  bad('memory', 200, async () => {
    kept.push(new Uint8Array(64 * 2 ** 20));
    kept.length = 0;
    return answer;
  }),
  bad('late_rejection', 200, async () => {
    setTimeout(() => {
      void Promise.reject(new Error(SECRET)).catch(() => undefined);
    }, 1);
    return answer;
  }),
  bad('never', 504, () => new Promise(() => undefined)),
];
