/** Definitions of families: methods that differ in a formula and share parameters, needs and cost. */
import * as z from 'zod';
import type { ModelInfo } from '../model/info.ts';
import type { Random } from '../tensor/random.ts';
import type { Inputs } from '../tensor/rows.ts';
import { type AboutDefinition, API_VERSION, type ExplainContext, type Method } from './contract.ts';

/** Members that the definition of every family has. */
export interface FamilyDefinition<E extends z.ZodRawShape = z.ZodRawShape> {
  /** Name on the wire, snake_case. */
  readonly id: string;
  /** Raised whenever the same parameters give other numbers. */
  readonly revision: number;
  /** Title, summary, paper, modalities and properties. */
  readonly about: AboutDefinition;
  /** Parameter values of each library that has the method. */
  readonly presets?: Method['presets'];
  /** Kinds of results beside the values, each with a phrase that says what it is. */
  readonly returns?: Method['returns'];
  /** Loads data and further models once for each process; `prepare` gets the data. */
  readonly setup?: Method['setup'];
  /** Parameters besides those of the family: a zod object, or its shape. One of a name of the family's replaces that. */
  readonly params?: E | z.ZodObject<E>;
}

/** Parameters of a family's method that its definition adds. */
export type OwnParams<E extends z.ZodRawShape> = z.output<z.ZodObject<E>>;

/** Facts about the explained row that the parts of a family share. */
export interface RowContext<P> {
  readonly params: P;
  readonly model: ModelInfo;
  /** One row of each input, [1, ...input]. */
  readonly inputs: Inputs;
  readonly random: Random;
  /** Data of {@link Method.setup}; undefined without it. */
  readonly data: unknown;
}

/** Returns the facts of a context that the parts of a family share. */
export const rowContext = <P>({ params, model, inputs, random, data }: ExplainContext<P>): RowContext<P> => ({
  params,
  model,
  inputs,
  random,
  data,
});

/** Returns the members of a definition that `defineMethod` takes as they are. */
export const membersOf = ({ id, revision, about, presets, returns, setup }: Omit<FamilyDefinition, 'params'>) => ({
  apiVersion: API_VERSION as typeof API_VERSION,
  id,
  revision,
  about,
  ...(presets && { presets }),
  ...(returns && { returns }),
  ...(setup && { setup }),
});

/**
 * Makes the schema of a family's method: the parameters of the family and those of the definition, whose refinements are
 * kept.
 * @param join puts the shape of the definition's parameters among those of the family
 */
export function familyParams<T extends z.ZodRawShape>(
  own: FamilyDefinition['params'],
  join: (shape: z.ZodRawShape) => T,
): z.ZodObject<T> {
  const shape = isSchema(own) ? own.shape : (own ?? {});
  // A parameter of the definition replaces one of the family in its place.
  const schema = z.object({ ...join(shape), ...shape });
  const { checks = [] } = isSchema(own) ? (own.def as { readonly checks?: Parameters<z.ZodObject['check']> }) : {};
  return (checks.length > 0 ? schema.check(...checks) : schema) as unknown as z.ZodObject<T>;
}

/** A plugin may bring a zod of its own, so the class says nothing. */
const isSchema = (own: FamilyDefinition['params']): own is z.ZodObject =>
  typeof (own as Partial<z.ZodObject> | undefined)?.safeParse === 'function';
