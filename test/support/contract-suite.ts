/** What every method promises, as tests. A plugin's test file calls `testMethod(plugin)` and is done with the contract. */
import { beforeAll, describe, expect, it } from 'vitest';
import { WhylightError } from '../../src/core/errors.ts';
import type { Explanation } from '../../src/core/explainer.ts';
import type { Inputs, Method } from '../../src/core/method/contract.ts';
import { parseParams } from '../../src/core/method/params.ts';
import { MethodRegistry } from '../../src/core/method/registry.ts';
import { parameterSchemas } from '../../src/core/method/schema.ts';
import { type Tensor, tensor } from '../../src/core/tensor/tensor.ts';
import { explainerOf, type Subject, subjects } from './classifiers.ts';

const NO_BASELINES = { baselines: 0 };

export interface ContractOptions {
  /** Parameters that make the method quick, and exact enough for the axioms it declares. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Models to try; a picture, a vector and a token model when left out. */
  readonly subjects?: () => Promise<Subject[]>;
  /** Methods that this one is made of. */
  readonly others?: readonly Method[];
}

export function testMethod(
  method: Method,
  { params = {}, subjects: make = subjects, others = [] }: ContractOptions = {},
): void {
  const methods = [method, ...others.filter(({ id }) => id !== method.id)];
  const registry = new MethodRegistry(methods.map((one) => ({ method: one })));
  describe(`contract of ${method.id}`, () => {
    it('describes every parameter and gives it a default that its schema takes', () => {
      const schemas = parameterSchemas(method.params);
      for (const [name, { description, default: value }] of Object.entries(schemas)) {
        expect(description, name).toBeTruthy();
        expect(value, name).toBeDefined();
      }
      expect(() => parseParams(method)).not.toThrow();
    });

    describe.each(['picture', 'vector', 'tokens'])('on a %s model', (name) => {
      let subject: Subject | undefined;
      beforeAll(async () => {
        subject = (await make()).find((one) => one.name === name);
      });

      /** Runs a test where the method applies; where it does not, it must say so before anything runs. */
      const applies = (test: (subject: Subject) => Promise<void>) => async () => {
        if (!subject) return;
        try {
          explainerOf(methods).plan(subject.model, { method: method.id, params, inputs: subject.inputs });
        } catch (error) {
          expect(WhylightError.is(error, 'unprocessable_method'), String(error)).toBe(true);
          return;
        }
        await test(subject);
      };

      const explain = (
        { model }: Subject,
        inputs: Inputs,
        { maxBatch, ...request }: { maxBatch?: number; seed?: number; target?: number } = {},
      ): Promise<Explanation> =>
        explainerOf(methods, { maxBatch }).explain(model, { method: method.id, params, inputs, ...request });

      it(
        'answers needs and cost without side effects',
        applies(async ({ model }) => {
          const info = model.info();
          const parsed = Object.freeze(parseParams(method, params));
          expect(described(method.needs(parsed, info, registry))).toEqual(
            described(method.needs(parsed, info, registry)),
          );
          expect(method.cost(parsed, info, registry, NO_BASELINES)).toEqual(
            method.cost(parsed, info, registry, NO_BASELINES),
          );
        }),
      );

      it(
        'evaluates as many rows as cost says',
        applies(async (subject) => {
          const { samples } = await explain(subject, subject.inputs);
          const { forwards, backwards } = method.cost(
            parseParams(method, params),
            subject.model.info(),
            registry,
            NO_BASELINES,
          );
          expect({ forwards: samples.forwards, backwards: samples.backwards }).toEqual({ forwards, backwards });
        }),
      );

      it(
        'gives the same bytes for the same seed',
        applies(async (subject) => {
          const [first, second] = [
            await explain(subject, subject.inputs, { seed: 5 }),
            await explain(subject, subject.inputs, { seed: 5 }),
          ];
          expect(second.rows[0]?.values).toEqual(first.rows[0]?.values);
        }),
      );

      it(
        'does not depend on the size of the batch',
        applies(async (subject) => {
          const [single, packed] = [
            await explain(subject, subject.inputs, { maxBatch: 1 }),
            await explain(subject, subject.inputs, { maxBatch: 7 }),
          ];
          expectClose(packed, single);
        }),
      );

      it(
        'explains each row by itself',
        applies(async (subject) => {
          if (!method.about.properties.deterministic) return;
          const other = changed(subject.inputs);
          const both = await explain(subject, stacked(subject.inputs, other), { target: 1 });
          const [, second] = both.rows;
          expectClose({ ...both, rows: second ? [second] : [] }, await explain(subject, other, { target: 1 }));
        }),
      );

      it(
        'stops when the caller gives up',
        applies(async ({ model, inputs }) => {
          const controller = new AbortController();
          const running = explainerOf(methods, { maxBatch: 1 }).explain(
            model,
            { method: method.id, params, inputs },
            { signal: controller.signal, progress: () => controller.abort() },
          );
          await expect(running).rejects.toMatchObject({ code: 'aborted' });
        }),
      );

      it(
        'gives finite numbers for an input of zeros',
        applies(async (subject) => {
          const { rows } = await explain(subject, zeros(subject.inputs));
          for (const { data } of Object.values(rows[0]?.values ?? {})) expect(data.every(Number.isFinite)).toBe(true);
        }),
      );

      it(
        'holds the axioms that it declares',
        applies(async (subject) => {
          const [row] = (await explain(subject, subject.inputs)).rows;
          if (!row) throw new Error('no row');
          const values = Object.values(row.values).flatMap(({ data }) => [...data]);
          if (!method.about.properties.signed) expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
          if (!method.about.properties.complete) return;
          const difference = row.score - (row.baselineScore ?? Number.NaN);
          const sum = values.reduce((a, b) => a + b, 0);
          expect(Math.abs(sum - difference)).toBeLessThanOrEqual(0.01 * Math.abs(difference));
          expect(row.convergenceDelta).toBeCloseTo(sum - difference, 4);
        }),
      );
    });
  });
}

/** Needs as data: a ruleset that is made anew each time is the same if its id is. */
const described = (needs: unknown): unknown =>
  JSON.parse(
    JSON.stringify(needs, (key, value) => (key === 'ruleset' && typeof value === 'object' ? value.id : value)),
  );

/** Equal to rounding: the engine may add up in another order. */
function expectClose(actual: Explanation, expected: Explanation): void {
  for (const [name, { data, dims }] of Object.entries(expected.rows[0]?.values ?? {})) {
    const other = actual.rows[0]?.values[name];
    expect(other?.dims).toEqual(dims);
    const scale = Math.max(1e-6, ...data.map(Math.abs));
    for (const [i, value] of data.entries())
      expect(Math.abs((other?.data[i] ?? Number.NaN) - value) / scale).toBeLessThan(1e-4);
  }
}

const mapped = (inputs: Inputs, change: (tensor: Tensor) => Tensor): Inputs =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, change(value)]));

const zeros = (inputs: Inputs): Inputs => mapped(inputs, ({ dtype, dims }) => tensor(dtype, dims));

/** The elements in reverse. */
const changed = (inputs: Inputs): Inputs =>
  mapped(inputs, ({ dtype, dims, data }) => tensor(dtype, dims, data.slice().reverse()));

function stacked(first: Inputs, second: Inputs): Inputs {
  return Object.fromEntries(
    Object.entries(first).map(([name, { dtype, dims, data }]) => {
      const both = tensor(dtype, [2, ...dims.slice(1)]);
      (both.data as Float32Array).set(data as Float32Array);
      (both.data as Float32Array).set((second[name] as Tensor).data as Float32Array, data.length);
      return [name, both];
    }),
  );
}
