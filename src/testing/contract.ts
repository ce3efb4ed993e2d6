/**
 * The contract suite: every promise of a method, tried on an image, a vector and a token model. `testMethod` hands each
 * to a test runner, `checkContract` runs them all and reports.
 */
import type { Engine } from '../core/engine/engine.ts';
import { WhylightError } from '../core/errors.ts';
import type { Method } from '../core/method/contract.ts';
import { checkMethod } from '../core/method/define.ts';
import { type Subject, subjects } from './models.ts';
import { describesItsParameters, PROMISES } from './promises.ts';
import { Trial } from './trial.ts';

/** Options of the contract suite: parameters, trial models and engines. */
export interface ContractOptions {
  /** Parameters that make the method quick, and exact enough for the axioms it declares. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Models to try; an image, a vector and a token model when left out. */
  readonly subjects?: () => Promise<readonly Subject[]>;
  /** Methods that this one is made of. */
  readonly others?: readonly Method[];
  /** Engines to run on; the results must agree. */
  readonly engines?: () => Promise<readonly Engine[]>;
}

/** Functions of a test runner that the suite uses: those of vitest, `node:test`, Jest and others. */
export interface Runner {
  /** Groups the tests that `body` registers. */
  describe(title: string, body: () => void): unknown;
  /** Registers a test; it fails when the promise rejects, and gets the runner's context, which can skip it. */
  it(title: string, test: (...context: readonly unknown[]) => Promise<void>): unknown;
}

/** Outcome of one promise on one trial model. */
export interface Verdict {
  /** The promise, as `PROMISES` calls it. */
  readonly promise: string;
  /** Name of the trial model; absent for what needs none. */
  readonly subject?: string;
  readonly outcome: 'kept' | 'broken' | 'does not apply';
  /** Reason and remedy; only for a broken promise. */
  readonly problem?: string;
  /** Reason why a promise was not tried; only for one that does not apply. */
  readonly reason?: string;
}

/** Context of a test in vitest and `node:test`. */
interface TestContext {
  skip?(reason: string): unknown;
}

/** Promise on a model. */
interface Case {
  readonly promise: string;
  readonly subject?: string;
  /** @returns the reason why it was not tried; undefined for one that is kept */
  run(): Promise<string | undefined>;
}

const NAMES = ['image', 'vector', 'tokens'];

/** Each promise on each model. */
function cases(method: Method, options: ContractOptions & Required<Pick<ContractOptions, 'engines'>>): Case[] {
  const { params = {}, others = [], subjects: make = subjects, engines } = options;
  let trials: Promise<readonly Trial[]> | undefined;
  const prepare = async (): Promise<readonly Trial[]> => {
    const [found, running] = await Promise.all([make(), engines()]);
    return found.map((subject) => new Trial({ method, methods: others, params, subject, engines: running }));
  };
  const named = options.subjects ? undefined : NAMES;
  const on = async (name: string): Promise<readonly Trial[]> => {
    trials ??= prepare();
    return (await trials).filter(({ subject }) => !named || subject.name === name);
  };
  const checkDefinition = (): undefined => {
    checkMethod(method);
    describesItsParameters.check(method);
  };
  return [
    { promise: describesItsParameters.title, run: async () => checkDefinition() },
    ...(named ?? ['given']).flatMap((subject) =>
      PROMISES.map(({ title, axiom, check }) => ({
        promise: title,
        subject,
        run: async () => {
          if (fails(checkDefinition)) return 'the definition is no valid method: see the first promise';
          if (axiom && !method.about.axioms?.includes(axiom)) return 'about.axioms does not name it';
          const reasons: string[] = [];
          const tried = await on(subject);
          for (const trial of tried) {
            const reason = trial.refusal() ?? (await check(trial));
            if (typeof reason === 'string') reasons.push(reason);
          }
          return reasons.length === tried.length ? reasons.join(' ') : undefined;
        },
      })),
    ),
  ];
}

function fails(check: () => void): boolean {
  try {
    check();
    return false;
  } catch {
    return true;
  }
}

/** Registers a test for each promise on each model. */
export function registerContract(
  method: Method,
  options: ContractOptions & Required<Pick<ContractOptions, 'engines'>>,
  { describe, it }: Runner,
): void {
  describe(`contract of ${method.id}`, () => {
    for (const one of cases(method, options)) {
      // Jest takes a function with a parameter for one that calls back.
      it(titleOf(one), async (...[context]) => {
        const reason = await one.run().catch((error: unknown) => {
          throw new Error(`${method.id} breaks the promise "${one.promise}": ${problemOf(error)}`, { cause: error });
        });
        if (reason !== undefined) (context as TestContext | undefined)?.skip?.(reason);
      });
    }
  });
}

/** Tries every promise and tells what came of each, in order. */
export async function checkContractOn(
  method: Method,
  options: ContractOptions & Required<Pick<ContractOptions, 'engines'>>,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const { promise, subject, run } of cases(method, options)) {
    verdicts.push(
      await run().then(
        (reason): Verdict =>
          reason === undefined
            ? { promise, subject, outcome: 'kept' }
            : { promise, subject, outcome: 'does not apply', reason },
        (error: unknown): Verdict => ({ promise, subject, outcome: 'broken', problem: problemOf(error) }),
      ),
    );
  }
  return verdicts;
}

const titleOf = ({ promise, subject }: Case): string => (subject ? `${promise} (${subject} model)` : promise);

const problemOf = (error: unknown): string =>
  error instanceof Error ? `${error.message}${causeOf(error)}` : String(error);

const causeOf = (error: Error): string =>
  WhylightError.is(error) && error.cause instanceof Error ? ` Cause: ${error.cause.message}` : '';
