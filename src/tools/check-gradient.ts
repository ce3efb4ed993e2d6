/**
 * Check that the compiled gradient of a model is its derivative: compared with central differences of the forward graph
 * along directions, and row by row with itself at other batch sizes. Predictions are compared with those of the engine
 * without its optimiser.
 */
import { COTANGENT, compile, gradientName } from '../core/autodiff/compile.ts';
import type { Engine, Session } from '../core/engine/engine.ts';
import type { TensorInfo } from '../core/model/info.ts';
import type { Model } from '../core/model/model.ts';
import { write } from '../core/onnx/write.ts';
import { resolveNeeds } from '../core/plan/variant.ts';
import { Random } from '../core/tensor/random.ts';
import { sizeOf, type Tensor, tensor } from '../core/tensor/tensor.ts';

/** Result of {@link checkGradient} for one batch size. */
export interface GradientCheck {
  readonly batch: number;
  /**
   * Over the directions the median of |difference quotient - derivative|, relative to the gradient's length: rounding
   * leaves about 1e-3 in a deep net of single precision, a wrong rule 0.1 and more. Absent where differences tell nothing.
   */
  readonly differences?: number;
  /**
   * Reason why there are none. `quantised`: the model rounds on the way, and the gradient goes straight through the steps that
   * difference quotients see. `flat`: the score changes by less than its own rounding.
   */
  readonly undecided?: 'quantised' | 'flat';
  /** Relative L2 distance between the gradients of a batch and those of its rows alone. */
  readonly rows: number;
  /**
   * Relative L2 distance between the scores and those of the engine without its optimiser. Quantised models may differ by
   * a step of their rounding; others by 1e-3 at most, unless the optimiser is at fault.
   */
  readonly predictions: number;
}

/** Tried from large to small; kinks ask for small steps, rounding for large ones, so the best of them counts. */
const STEPS = [1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4];
const DIRECTIONS = 5;

/**
 * Checks that the compiled gradient of a model is its derivative: compared with difference quotients along five random
 * directions, and row by row with itself at other batch sizes.
 * @param options `batches`: numbers of rows to try, that of the model where it is fixed; `seed` of inputs and directions
 * @throws WhylightError `unprocessable_method` when no input has a gradient, `not_differentiable`, or as the
 * engine does
 *
 * @example
 * import { createExplainer, Model } from 'whylight';
 * import { checkGradient } from 'whylight/testing';
 * const { engine } = createExplainer({ methods: [] });
 * const [single] = await checkGradient(await Model.read({ bytes }), engine, { batches: [1] });
 */
export async function checkGradient(
  model: Model,
  engine: Engine,
  { batches = [1, 2, 5], seed = 0 }: { batches?: readonly number[]; seed?: number } = {},
): Promise<GradientCheck[]> {
  const info = model.info();
  const { gradients: sources } = resolveNeeds({ gradients: 'sources' }, info);
  const request = {
    scores: info.scores.name,
    feeds: sources.filter((name) => !info.inputs.some((input) => input.name === name)),
  };
  const file = write(compile(model.graph, request));
  const forward = await engine.load(file);
  const plain = await engine.load({ ...file, unoptimised: true });
  const graph = compile(model.graph, { ...request, gradients: sources });
  const backward = await engine.load(write(graph));
  const given = new Set(graph.inputs.map(({ name }) => name));
  const inputs = [...info.inputs, ...info.sources].filter(({ name }) => given.delete(name));
  const rounds = model.rounding !== undefined;
  try {
    const checks: GradientCheck[] = [];
    for (const batch of model.fixedBatch ? [model.fixedBatch] : batches) {
      const it = new Check(forward, backward, info.scores, inputs, sources, batch, new Random(seed));
      const differences = rounds ? undefined : await it.differences();
      const undecided = rounds ? ('quantised' as const) : differences === undefined ? ('flat' as const) : undefined;
      checks.push({
        batch,
        ...(differences !== undefined && { differences }),
        ...(undecided && { undecided }),
        rows: await it.rows(),
        predictions: await it.predictions(plain),
      });
    }
    return checks;
  } finally {
    await Promise.all([forward.release(), plain.release(), backward.release()]);
  }
}

type Feeds = Record<string, Tensor>;

class Check {
  private readonly forward: Session;
  private readonly backward: Session;
  private readonly scores: string;
  private readonly sources: readonly string[];
  private readonly batch: number;
  private readonly random: Random;
  private readonly feeds: Feeds;
  private readonly cotangent: Tensor<'float32'>;

  constructor(
    forward: Session,
    backward: Session,
    scores: TensorInfo,
    inputs: readonly TensorInfo[],
    sources: readonly string[],
    batch: number,
    random: Random,
  ) {
    this.forward = forward;
    this.backward = backward;
    this.scores = scores.name;
    this.sources = sources;
    this.batch = batch;
    this.random = random;
    this.feeds = Object.fromEntries(inputs.map((input, i) => [input.name, randomRows(input, batch, random.at(i))]));
    this.cotangent = randomRows(scores, batch, random.at(99)) as Tensor<'float32'>;
  }

  async differences(): Promise<number | undefined> {
    const gradients = await this.gradients(this.feeds, this.cotangent);
    const length = Math.hypot(...this.sources.map((name) => norm(gradients[name] as Float32Array)));
    const rounding = 8 * 2 ** -24 * (await this.magnitude());
    if (rounding / (STEPS[0] as number) > length / 10) return undefined;
    const errors: number[] = [];
    for (let i = 0; i < DIRECTIONS; i++) {
      const direction = this.direction(gradients, length, i);
      const slope = this.dot(gradients, direction);
      let best = Number.POSITIVE_INFINITY;
      for (const step of STEPS) {
        const quotient = ((await this.at(direction, step)) - (await this.at(direction, -step))) / (2 * step);
        best = Math.min(best, Math.abs(quotient - slope) / length);
      }
      errors.push(best);
    }
    return errors.sort((a, b) => a - b)[Math.floor(DIRECTIONS / 2)] as number;
  }

  async rows(): Promise<number> {
    if (this.batch === 1) return 0;
    const together = await this.gradients(this.feeds, this.cotangent);
    let [apart, total] = [0, 0];
    for (let row = 0; row < this.batch; row++) {
      const one = Object.fromEntries(Object.entries(this.feeds).map(([name, t]) => [name, rowOf(t, row)]));
      const alone = await this.gradients(one, rowOf(this.cotangent, row) as Tensor<'float32'>);
      for (const name of this.sources) {
        const own = alone[name] as Float32Array;
        const shared = (together[name] as Float32Array).subarray(row * own.length, (row + 1) * own.length);
        for (const [i, v] of own.entries()) {
          apart += (v - (shared[i] as number)) ** 2;
          total += v ** 2;
        }
      }
    }
    return Math.sqrt(apart / (total || 1));
  }

  /** Relative distance of the scores from those of another session of the forward graph. */
  async predictions(plain: Session): Promise<number> {
    const [own, other] = (await Promise.all(
      [this.forward, plain].map(async (session) => (await session.run(this.feeds))[this.scores] as Tensor<'float32'>),
    )) as [Tensor<'float32'>, Tensor<'float32'>];
    const difference = own.data.map((v, i) => v - (other.data[i] as number));
    return norm(difference) / (norm(other.data) || 1);
  }

  /** Half along the gradient, so that the quotient stands out of the rounding; half anywhere, so that nothing hides. */
  private direction(
    gradients: Record<string, Float32Array>,
    length: number,
    number: number,
  ): Record<string, Float32Array> {
    return Object.fromEntries(
      this.sources.map((name, s) => {
        const gradient = gradients[name] as Float32Array;
        const noise = this.random.at(1000 + 100 * s + number).normal(gradient.length);
        const scale = 1 / norm(noise);
        return [name, gradient.map((v, i) => v / (length || 1) + (noise[i] as number) * scale)];
      }),
    );
  }

  /** Sum of the sizes of what is added up to the explained quantity. */
  private async magnitude(): Promise<number> {
    const scores = (await this.forward.run(this.feeds))[this.scores] as Tensor<'float32'>;
    return scores.data.reduce((sum, v, i) => sum + Math.abs(v * (this.cotangent.data[i] as number)), 0);
  }

  private async at(direction: Record<string, Float32Array>, step: number): Promise<number> {
    const moved = { ...this.feeds };
    for (const name of this.sources) {
      const { dims, data } = this.feeds[name] as Tensor<'float32'>;
      const along = direction[name] as Float32Array;
      moved[name] = tensor(
        'float32',
        dims,
        data.map((v, i) => v + step * (along[i] as number)),
      );
    }
    const scores = (await this.forward.run(moved))[this.scores] as Tensor<'float32'>;
    return scores.data.reduce((sum, v, i) => sum + v * (this.cotangent.data[i] as number), 0);
  }

  private async gradients(feeds: Feeds, cotangent: Tensor<'float32'>): Promise<Record<string, Float32Array>> {
    const answer = await this.backward.run({ ...feeds, [COTANGENT]: cotangent });
    return Object.fromEntries(this.sources.map((name) => [name, answer[gradientName(name)]?.data as Float32Array]));
  }

  private dot(a: Record<string, Float32Array>, b: Record<string, Float32Array>): number {
    let sum = 0;
    for (const name of this.sources)
      a[name]?.forEach((v, i) => {
        sum += v * (b[name]?.[i] as number);
      });
    return sum;
  }
}

const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));

/** Dims that are open are taken as 8; integers are ids out of the first few of a vocabulary. */
function randomRows({ dtype, dims }: TensorInfo, batch: number, random: Random): Tensor {
  const shape = [batch, ...dims.map((d) => (typeof d === 'number' ? d : 8))];
  if (dtype === 'float32') return tensor('float32', shape, random.normal(sizeOf(shape)));
  return tensor(
    dtype,
    shape,
    Array.from(random.uniform(sizeOf(shape)), (v) => Math.floor(v * 8)),
  );
}

function rowOf(all: Tensor, row: number): Tensor {
  const dims = [1, ...all.dims.slice(1)];
  const size = sizeOf(dims);
  return { dtype: all.dtype, dims, data: all.data.slice(row * size, (row + 1) * size) } as Tensor;
}
