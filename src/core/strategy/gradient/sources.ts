/** Tensors at which gradients end: the float inputs, and the embeddings of integer inputs, which are looked up first. */
import type { ExplainContext, Given, NamedNeeds, Needs } from '../../method/contract.ts';
import type { ModelInfo, SourceInfo } from '../../model/info.ts';
import type { Float32Tensors, Inputs } from '../../tensor/rows.ts';
import type { Tensor } from '../../tensor/tensor.ts';

/** Sources that no client feeds: they come out of an embedding lookup. */
export const embeddings = ({ inputs, sources }: ModelInfo): SourceInfo[] =>
  sources.filter(({ name }) => !inputs.some((input) => input.name === name));

/**
 * Returns the needs of a method that evaluates other values of the sources than the input's own. Where sources are
 * embeddings, rows are fed there, and a second graph named `lookup` computes the embeddings of the input.
 * @param needs needs of the graph that the method evaluates
 *
 * @example
 * import { defineMethod, needsOfSources } from 'whylight/plugin';
 * export default defineMethod({
 *   ...definition,
 *   needs: (_, model) => needsOfSources(model, { gradients: 'sources' }),
 * });
 */
export function needsOfSources(model: ModelInfo, needs: Needs): Needs | NamedNeeds {
  const names = embeddings(model).map(({ name }) => name);
  if (names.length === 0) return needs;
  return { graphs: { sources: { ...needs, feeds: names }, lookup: { activations: names } } };
}

/**
 * Returns the forward rows of {@link sourceValues}: 0 without embeddings, else 1. With `given`, the rows of
 * {@link givenSources} are included, an upper bound where only inputs without an embedding have baselines.
 *
 * @example
 * import { defineMethod, lookupCost } from 'whylight/plugin';
 * export default defineMethod({
 *   ...definition,
 *   cost: ({ n_steps }, model) => ({ forwards: lookupCost(model), backwards: n_steps }),
 * });
 */
export const lookupCost = (model: ModelInfo, given?: Given): number =>
  embeddings(model).length > 0 ? 1 + (given?.baselines ?? 0) : 0;

/**
 * Returns the values of the sources for the explained row, [1, ...source] by name: floating point inputs as they are,
 * embeddings by one run of the graph `lookup` that {@link needsOfSources} asks for.
 * @throws WhylightError as {@link ExplainContext.evaluate} does
 *
 * @example
 * import { sourceValues, withSources } from 'whylight/plugin';
 * const values = await sourceValues(ctx);
 * const { gradients } = await ctx.evaluate(withSources(ctx.inputs, values));
 */
export async function sourceValues<P>(ctx: ExplainContext<P>): Promise<Float32Tensors> {
  const names = embeddings(ctx.model).map(({ name }) => name);
  const looked = names.length > 0 ? (await ctx.evaluate(ctx.inputs, { graph: 'lookup' })).activations : {};
  return Object.fromEntries(
    ctx.model.sources.map(({ name }) => [name, (looked[name] ?? ctx.inputs[name]) as Tensor<'float32'>]),
  );
}

const inputsOf = ({ input, shared }: SourceInfo): readonly string[] => (shared ? Object.keys(shared) : [input]);

/**
 * The request's baselines by the name of the source, any number of rows: of token ids, their embeddings.
 * A source whose input has no baseline is left out.
 */
export async function givenSources<P>(ctx: ExplainContext<P>): Promise<Inputs> {
  const { baselines, inputs, model } = ctx;
  const given = model.sources.filter((source) => inputsOf(source).some((input) => baselines[input]));
  const looked = embeddings(model).filter((source) => given.some(({ name }) => name === source.name));
  const names = looked.flatMap(inputsOf).filter((input) => baselines[input]);
  const ids = Object.fromEntries(names.map((input) => [input, baselines[input] as Tensor]));
  const found = looked.length > 0 ? (await ctx.evaluate({ ...inputs, ...ids }, { graph: 'lookup' })).activations : {};
  return Object.fromEntries(given.map(({ name, input }) => [name, (found[name] ?? baselines[input]) as Tensor]));
}

/** Baselines of an embedding that keep what is looked up for no element of the input, such as the filling of a gap. */
export function withoutElements(
  { elements }: Pick<SourceInfo, 'elements'>,
  to: Tensor<'float32'>,
  baselines: Tensor<'float32'>,
): Tensor<'float32'> {
  if (!elements?.includes(-1)) return baselines;
  const data = Float32Array.from(baselines.data);
  const size = to.data.length;
  const width = size / elements.length;
  for (let i = 0; i < data.length; i++) {
    if (elements[Math.floor((i % size) / width)] === -1) data[i] = to.data[i % size] as number;
  }
  return { ...baselines, data };
}

/**
 * Returns the inputs with the values of the sources replaced; embeddings are added under their own names.
 *
 * @example
 * import { withSources } from 'whylight/plugin';
 * const { gradients } = await ctx.evaluate(withSources(ctx.inputs, points));
 */
export const withSources = (inputs: Inputs, sources: Inputs): Inputs => ({ ...inputs, ...sources });
