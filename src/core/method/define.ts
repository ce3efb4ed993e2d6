/** Makes a method from its definition, and tells whether something is one. */
import type { z } from 'zod';
import { WhylightError } from '../errors.ts';
import { type About, type AboutDefinition, API_VERSION, AXIOMS, type Method, MODALITIES } from './contract.ts';
import { PRESET_PARAMETER, presetProblems } from './presets.ts';
import { RESULT_KINDS } from './results.ts';
import { parameterSchemas } from './schema.ts';

const SNAKE_CASE = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const STRATEGIES: readonly unknown[] = ['gradient', 'activation', 'perturbation'];

/** Method as its author writes it. */
export type MethodDefinition<S extends z.ZodObject = z.ZodObject> = Omit<Method<S>, 'about'> & {
  readonly about: AboutDefinition;
};

/**
 * Defines a saliency method. The type of the parameters follows from their schema. Facts that no type can express are
 * checked when the method is registered ({@link checkMethod}), because a Worker defines dozens of methods at each start
 * and uses one.
 * @param definition the method; `about.modalities` are all of them when left out
 * @returns the definition, frozen
 *
 * @example
 * import { API_VERSION, defineMethod, z } from 'whylight/plugin';
 * export default defineMethod({
 *   apiVersion: API_VERSION, id: 'slope', revision: 1, strategy: 'gradient', about, params: z.object({}),
 *   needs: () => ({ gradients: 'sources' }), cost: () => ({ forwards: 0, backwards: 1 }),
 *   explain: async (ctx) => ({ values: (await ctx.evaluate(ctx.inputs)).gradients }),
 * });
 * @see docs/plugins.md
 */
export function defineMethod<S extends z.ZodObject>(definition: MethodDefinition<S>): Method<S> {
  const about: About = { modalities: MODALITIES, ...definition.about };
  return Object.freeze({ ...definition, about: Object.freeze(about) });
}

/**
 * Holds anything (the default export of a plugin) against the contract.
 * @throws WhylightError `invalid_config` that lists everything that is wrong.
 */
export function checkMethod(value: unknown): asserts value is Method {
  if (typeof value !== 'object' || value === null) {
    throw new WhylightError(
      'invalid_config',
      'A plugin exports a method by default: export default defineMethod({ ... }).',
      { problems: ['not an object'] },
    );
  }
  const method = value as Partial<Method>;
  if (method.apiVersion !== API_VERSION) {
    throw new WhylightError(
      'invalid_config',
      `Method "${String(method.id)}" is written for version ${String(method.apiVersion)} of the plugin contract, this is ` +
        `version ${API_VERSION}: install a version of the plugin for apiVersion ${API_VERSION}.`,
      { method: method.id, apiVersion: method.apiVersion, expected: API_VERSION },
    );
  }
  const problems = [...contractProblems(method)];
  if (problems.length > 0) {
    throw new WhylightError(
      'invalid_config',
      `Method "${String(method.id)}" breaks the contract: ${problems.join('; ')}.`,
      {
        method: method.id,
        problems,
      },
    );
  }
}

function* contractProblems(method: Partial<Method>): Generator<string> {
  if (typeof method.id !== 'string' || !SNAKE_CASE.test(method.id)) yield 'id must be snake_case, such as grad_cam';
  if (!STRATEGIES.includes(method.strategy)) yield `strategy must be one of ${STRATEGIES.join(', ')}`;
  if (!Number.isInteger(method.revision) || (method.revision as number) < 1) yield 'revision must be 1 or more';
  if (!method.about?.title || !method.about.summary) yield 'about needs a title and a summary';
  if (!method.about?.modalities?.length) yield 'about.modalities names at least one modality';
  if (!method.about?.properties) yield 'about.properties is missing';
  const unknown = method.about?.axioms?.filter((axiom) => !AXIOMS.includes(axiom)) ?? [];
  if (unknown.length > 0) yield `about.axioms may name ${AXIOMS.join(', ')}, not ${unknown.join(', ')}`;
  for (const [kind, phrase] of Object.entries(method.returns ?? {})) {
    if (!RESULT_KINDS.some((known) => known === kind)) yield `returns may name ${RESULT_KINDS.join(', ')}, not ${kind}`;
    else if (typeof phrase !== 'string' || phrase === '') yield `returns.${kind} needs a phrase that says what it is`;
  }
  for (const name of ['needs', 'cost', 'explain'] as const) {
    if (typeof method[name] !== 'function') yield `${name} must be a function`;
  }
  if (typeof method.params?.safeParse !== 'function') yield 'params must be a zod object';
  else {
    yield* parameterProblems(method.params);
    yield* presetProblems({ params: method.params, presets: method.presets });
  }
}

function* parameterProblems(params: z.ZodObject): Generator<string> {
  for (const [name, schema] of Object.entries(parameterSchemas(params))) {
    if (!SNAKE_CASE.test(name)) yield `parameter ${name} must be snake_case`;
    if (name === PRESET_PARAMETER) yield `parameter ${name} must have another name: it picks one of the presets`;
    if (!schema.description) yield `parameter ${name} needs a description: .describe('...')`;
    if (schema.default === undefined) yield `parameter ${name} needs a default: .default(...)`;
    if (schema.type === 'object') yield `parameter ${name} must be a scalar, an enum or a short array`;
  }
}
