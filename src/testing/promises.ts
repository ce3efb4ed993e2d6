/** Promises of every method. Each is checked by running the method; its title is the name of the test. */
import { WhylightError } from '../core/errors.ts';
import type { Explanation } from '../core/explainer/explanation.ts';
import type { Axiom, Method } from '../core/method/contract.ts';
import { parseParams } from '../core/method/params.ts';
import { parameterSchemas } from '../core/method/schema.ts';
import { checkDummy, checkLinearity, checkSensitivity, checkSymmetry } from './axioms.ts';
import { changed, stacked, zeros } from './inputs.ts';
import { stopsOnAbort } from './stops-on-abort.ts';
import type { Trial } from './trial.ts';

/** Raised when a method does not do what it promised. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

export interface ContractPromise {
  readonly title: string;
  /** Only methods that declare this axiom promise it. */
  readonly axiom?: Axiom;
  /**
   * @returns the reason where there was nothing to check: the method does not promise it, or does not run at all
   * @throws BrokenPromise
   */
  check(trial: Trial): Promise<unknown>;
}

/** Promises that need no model. */
export const describesItsParameters = {
  title: 'describes every parameter and gives it a default that its schema takes',
  check(method: Method): void {
    for (const [name, { description, default: value }] of Object.entries(parameterSchemas(method.params))) {
      if (!description) broken(`parameter "${name}" has no description: add .describe('...')`);
      if (value === undefined) broken(`parameter "${name}" has no default: add .default(...)`);
    }
    parseParams(method);
  },
};

/** Tolerance between two runs, relative to the largest value: engines and batches sum in different orders. */
const TOLERANCE = { batches: 1e-4, engines: 2e-3 };

/** A check that gives the problem it has found. */
const findsNothing = (find: (trial: Trial) => Promise<string | undefined>): ContractPromise['check'] =>
  whenItRuns(async (trial) => {
    const problem = await find(trial);
    if (problem) broken(problem);
  });

/** Axioms are about classes: sums of their scores, and models that are made for it. */
const ofClasses =
  (find: (trial: Trial) => Promise<string | undefined>) =>
  async (trial: Trial): Promise<string | undefined> =>
    trial.subject.answer ? undefined : find(trial);

const AXIOM_PROMISES: readonly ContractPromise[] = (
  [
    ['symmetry', 'what the model treats alike gets the same', checkSymmetry],
    ['dummy', 'what the score does not depend on gets zero', checkDummy],
    ['linearity', 'a weighted sum of scores gets the weighted sum', checkLinearity],
    ['sensitivity', 'what alone differs from the baseline, and matters, does not get zero', checkSensitivity],
  ] as const
).map(([axiom, meaning, find]) => ({ title: `${axiom}: ${meaning}`, axiom, check: findsNothing(ofClasses(find)) }));

/** The promises in the order in which they are tried. The first four tell apart why a method does not run at all. */
export const PROMISES: readonly ContractPromise[] = [
  {
    title: 'needs and cost are pure',
    check: async (trial) => {
      const seen = [described(trial.plan()), described(trial.plan()), described(trial.plan())];
      if (seen.some((one) => one !== seen[0])) {
        broken(
          'needs() or cost() answered differently when asked again: they may depend on nothing but their arguments',
        );
      }
    },
  },
  {
    title: 'cost equals what was evaluated',
    check: async (trial) => {
      const { cost } = trial.plan();
      const explanation = await trial.first().catch((error: unknown) => {
        if (isMiscount(error)) broken(`${error.message} Count every row that explain() evaluates`);
      });
      if (!explanation) return;
      const { forwards, backwards } = explanation.samples;
      const isBelow = forwards <= cost.forwards && backwards <= cost.backwards;
      if (trial.method.stopsEarly && isBelow) return;
      if (forwards !== cost.forwards || backwards !== cost.backwards) {
        broken(
          `cost() says ${rows(cost)}, but explain() evaluated ${rows({ forwards, backwards })}. Rows through a graph ` +
            'with gradients count as backwards, all others as forwards',
        );
      }
    },
  },
  {
    title: 'values are finite and have the shape of an input or a layer',
    check: async (trial) => {
      await trial.first().catch((error: unknown) => {
        if (isUnusable(error)) broken(error.message);
      });
    },
  },
  {
    title: 'answers without an error',
    check: async (trial) => {
      await trial.first().catch((error: unknown) => {
        if (!isMiscount(error) && !isUnusable(error)) broken(reason(error));
      });
    },
  },
  {
    title: 'the same seed gives the same bytes',
    check: whenItRuns(async (trial) => {
      const [first, second] = [await trial.explain({ seed: 5 }), await trial.explain({ seed: 5 })];
      const hint = 'random numbers may come from ctx.random alone, never from Math.random or the clock';
      if (!sameBytes(first, second)) broken(`two runs with seed 5 gave different values: ${hint}`);
      if (!trial.method.about.properties.deterministic) return;
      if (!sameBytes(first, await trial.explain({ seed: 6 })))
        broken('about.properties.deterministic is true, yet another seed gives other values');
    }),
  },
  {
    title: 'the size of the batch does not matter',
    check: whenItRuns(async (trial) => {
      const [single, packed] = [await trial.explain({ maxBatch: 1 }), await trial.explain({ maxBatch: 7 })];
      const off = distance(packed, single);
      if (off > TOLERANCE.batches) {
        broken(
          `values differ by ${percent(off)} between batches of 1 and of 7 rows: ctx.batchSize may only decide how rows are portioned`,
        );
      }
    }),
  },
  {
    title: 'each row is explained by itself',
    check: whenItRuns(async (trial) => {
      if (!trial.method.about.properties.deterministic)
        return 'its values are random: about.properties.deterministic is false';
      const { inputs } = trial.subject;
      const other = changed(inputs);
      const both = await trial.explain({ inputs: stacked(inputs, other), target: 1 });
      const off = distance({ rows: both.rows.slice(1) }, await trial.explain({ inputs: other, target: 1 }));
      if (off > TOLERANCE.batches)
        broken(
          `a second row in the request changes the values by ${percent(off)}: nothing may be kept between two calls of explain()`,
        );
    }),
  },
  {
    title: 'another target gives another map, where the method says so',
    check: whenItRuns(async (trial) => {
      if (!trial.method.about.properties.classDiscriminative) return 'about.properties.classDiscriminative is false';
      if (trial.targets.length < 2) return 'the model has one target';
      const [first, second] = [await trial.explain({ target: 0 }), await trial.explain({ target: 1 })];
      // A map of zeros, which a ReLU may leave, tells nothing.
      if (hasValues(first) && hasValues(second) && sameBytes(first, second) && sameResults(first, second)) {
        broken(
          'about.properties.classDiscriminative is true, yet the classes 0 and 1 have the same map: the values must depend on ctx.target, or the property be false',
        );
      }
    }),
  },
  {
    title: 'leaves the input as it is',
    check: whenItRuns(async (trial) => {
      // A copy, since earlier runs may have written to the model's own input.
      const inputs = changed(trial.subject.inputs);
      const before = changed(trial.subject.inputs);
      await trial.explain({ inputs });
      for (const [name, { data }] of Object.entries(inputs)) {
        if (String(data) !== String(before[name]?.data))
          broken(`explain() has changed the input "${name}": write to a copy, ctx.inputs[...].data.slice()`);
      }
    }),
  },
  {
    title: 'stops when the caller gives up',
    check: findsNothing(stopsOnAbort),
  },
  {
    title: 'gives finite numbers for an input of zeros',
    check: whenItRuns(async (trial) => {
      await trial.explain({ inputs: zeros(trial.subject.inputs) }).catch((error: unknown) => broken(reason(error)));
    }),
  },
  {
    title: 'holds the axioms that it declares',
    check: whenItRuns(async (trial) => {
      const { signed, complete } = trial.method.about.properties;
      for (const row of (await trial.first()).rows) {
        const values = Object.values(row.values).flatMap(({ data }) => [...data]);
        const least = Math.min(...values);
        if (!signed && least < 0) broken(`about.properties.signed is false, yet a value is ${least}`);
        if (!complete) continue;
        if (row.baselineScore === undefined || row.convergenceDelta === undefined) {
          broken('about.properties.complete is true, but explain() returned no baselineScore or no convergenceDelta');
        }
        const difference = row.score - row.baselineScore;
        const sum = values.reduce((a, b) => a + b, 0);
        if (!(Math.abs(sum - difference) <= 0.01 * Math.abs(difference))) {
          broken(
            `the values add up to ${sum}, but score minus baselineScore is ${difference}: about.properties.complete is not true`,
          );
        }
        if (!(Math.abs(row.convergenceDelta - (sum - difference)) < 5e-5))
          broken(`convergenceDelta is ${row.convergenceDelta}, but the values are ${sum - difference} off`);
      }
    }),
  },
  ...AXIOM_PROMISES,
  {
    title: 'both engines give the same result',
    check: whenItRuns(async (trial) => {
      const expected = await trial.first();
      for (const engine of trial.engines.slice(1)) {
        const off = distance(await trial.explain({ engine }), expected);
        if (off > TOLERANCE.engines)
          broken(`values on ${engine.name} and on ${expected.engine} differ by ${percent(off)} of the largest`);
      }
    }),
  },
];

function broken(problem: string): never {
  throw new BrokenPromise(`${problem.replace(/\.+$/, '')}.`);
}

/** A method that does not run at all has broken one of the first promises; the others cannot be tried on it. */
function whenItRuns(check: ContractPromise['check']): ContractPromise['check'] {
  return async (trial) => {
    const fails = await trial.first().then(
      () => false,
      () => true,
    );
    return fails ? 'the method does not run on this model: see the first promises' : check(trial);
  };
}

const isMiscount = (error: unknown): error is WhylightError =>
  WhylightError.is(error, 'method_failed') && 'samples' in error.details;

const isUnusable = (error: unknown): error is WhylightError =>
  WhylightError.is(error, 'method_failed') && 'unusable' in error.details;

/** Cause of an error, which plugin authors need and clients must not see. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error.message.replace(/\.$/, '')}${cause}`;
}

/** A plan as text: a ruleset that is made anew each time is the same if its id is. */
const described = ({ graphs, cost }: { graphs: unknown; cost: unknown }): string =>
  JSON.stringify({ graphs, cost }, (key, value) =>
    key === 'ruleset' && typeof value === 'object' && value !== null ? value.id : value,
  );

const rows = ({ forwards, backwards }: { forwards: number; backwards: number }): string =>
  `${forwards} forwards and ${backwards} backwards`;

const percent = (share: number): string => `${(100 * share).toPrecision(2)} %`;

type Rows = Pick<Explanation, 'rows'>;

/** Compares what a method returns beside its values. */
const sameResults = (a: Rows, b: Rows): boolean => resultsOf(a) === resultsOf(b);

const resultsOf = ({ rows }: Rows): string =>
  JSON.stringify(rows.map(({ maps, boxes, text, uncertainty }) => [maps, boxes, text, uncertainty]));

const hasValues = ({ rows: [row] }: Rows): boolean =>
  Object.values(row?.values ?? {}).some(({ data }) => data.some((value) => value !== 0));

const sameBytes = (a: Rows, b: Rows): boolean => distance(a, b) === 0;

/** The largest difference over the largest value of the first rows; infinite when they do not hold the same tensors. */
function distance(actual: Rows, expected: Rows): number {
  let worst = 0;
  for (const [name, { data, dims }] of Object.entries(expected.rows[0]?.values ?? {})) {
    const other = actual.rows[0]?.values[name];
    if (other?.dims.join() !== dims.join()) return Number.POSITIVE_INFINITY;
    const scale = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
    for (const [i, value] of data.entries())
      worst = Math.max(worst, Math.abs((other.data[i] as number) - value) / scale);
  }
  return worst;
}
