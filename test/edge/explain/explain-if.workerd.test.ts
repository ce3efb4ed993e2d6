import { describe, expect, it } from 'vitest';
import { imageFiles } from '../../core/image/image-files.ts';
import { appWith, imageRequest, type Output, outputsOf, pixels, tensorRequest } from '../../support/app.ts';
import { countingApp } from '../../support/counting-app.ts';
import { keyOf, tenantApp } from '../../support/tenants.ts';

const INFER = '/v2/models/cifar10/infer';
const EXPLAIN = '/v2/models/cifar10/explain';
const PREDICT = '/v1/models/cifar10:predict';
const ROWS = 4;
const SHAPE = [ROWS, 3, 32, 32];

const ask = appWith();
const batch = Array.from({ length: ROWS }, (_, row) => pixels(row)).flat();
const rowAt = (row: number): number[] => batch.slice(row * 3072, (row + 1) * 3072);
const fresh = (init: RequestInit): RequestInit => ({
  ...init,
  headers: { ...(init.headers as object), 'Cache-Control': 'no-store' },
});

const predicted = async (parameters: object, data: readonly number[] = batch, shape = SHAPE) =>
  outputsOf(await ask(INFER, fresh(tensorRequest(parameters, data, shape))));
const numbers = (output: Output | undefined): number[] => (output?.data ?? []) as number[];

/** Largest probability of each row. */
async function probabilities(): Promise<number[]> {
  const scores = numbers((await predicted({})).scores ?? Object.values(await predicted({}))[0]);
  return Array.from({ length: ROWS }, (_, row) => {
    const own = scores.slice(row * 10, (row + 1) * 10).map(Math.exp);
    return Math.max(...own) / own.reduce((a, b) => a + b, 0);
  });
}

describe('explain_if', () => {
  it('explains the rows of a batch for which the expression is true', async () => {
    const found = await probabilities();
    const sorted = [...found].sort((a, b) => a - b);
    const middle = ((sorted[1] as number) + (sorted[2] as number)) / 2;
    const outputs = await predicted({ method: 'grad_cam', explain_if: `probability < \`${middle}\`` });
    const expected = found.flatMap((probability, row) => (probability < middle ? [row] : []));
    expect(expected).toHaveLength(2);
    expect(numbers(outputs.explained_rows)).toEqual(expected);
    expect(outputs['explanation.saliency_map']?.shape).toEqual([2, 32, 32]);
    for (const [i, row] of expected.entries()) {
      const alone = await outputsOf(await ask(EXPLAIN, tensorRequest({ method: 'grad_cam' }, rowAt(row))));
      const map = numbers(outputs['explanation.saliency_map']).slice(i * 1024, (i + 1) * 1024);
      const worst = Math.max(...map.map((value, at) => Math.abs(value - (numbers(alone.saliency_map)[at] as number))));
      expect(worst).toBeLessThan(1e-5);
    }
  });

  it('answers the outputs of the model as without it', async () => {
    const [plain, explained] = [
      await predicted({}),
      await predicted({ explain_if: 'margin >= `0`', method: 'grad_cam' }),
    ];
    for (const [name, { data, shape }] of Object.entries(plain)) {
      expect(explained[name]?.shape).toEqual(shape);
      for (const [at, value] of numbers(explained[name]).entries()) expect(value).toBeCloseTo(Number(data[at]), 4);
    }
    expect(plain.explained_rows).toBeUndefined();
  });

  it('leaves out the explanation where no row fulfils it', async () => {
    const outputs = await predicted({ explain_if: 'probability > `1`', method: 'saliency' });
    expect(outputs.explained_rows).toMatchObject({ shape: [0], data: [] });
    expect(Object.keys(outputs).filter((name) => name.startsWith('explanation.'))).toEqual([]);
  });

  it.each([
    ["label == 'cat' || label != 'cat'", true],
    ["contains(['no such class'], label)", false],
    ['entropy >= `0` && entropy <= `2.4`', true],
    ['score == `0` && probability == `2`', false],
  ])('evaluates %s', async (explain_if, holds) => {
    const outputs = await predicted({ method: 'grad_cam', explain_if }, rowAt(0), [1, 3, 32, 32]);
    expect(numbers(outputs.explained_rows)).toEqual(holds ? [0] : []);
  });

  it('judges an image, with parameters in the query', async () => {
    const query = new URLSearchParams({ explain_if: 'probability <= `1`', method: 'grad_cam', target: 'dog' });
    const answer = await ask(`${INFER}?${query}`, imageRequest(imageFiles.jpeg));
    expect(answer.headers.get('X-Whylight-Route')).toBe('edge');
    const outputs = await outputsOf(answer);
    expect(outputs['explanation.target_label']?.data).toEqual(['dog']);
  });

  it('sends the outputs of the explanation that the request names', async () => {
    const init = tensorRequest({ explain_if: 'probability <= `1`', method: 'grad_cam' }, rowAt(0));
    const body = { ...JSON.parse(String(init.body)), outputs: [{ name: 'explanation.saliency_map' }] };
    const outputs = await outputsOf(await ask(INFER, { ...init, body: JSON.stringify(body) }));
    expect(Object.keys(outputs)).toEqual(['explained_rows', 'explanation.saliency_map']);
  });

  it.each([
    [['explained_rows'], ['explained_rows']],
    [
      ['logits', 'explained_rows'],
      ['logits', 'explained_rows'],
    ],
  ])('sends the outputs %j alone where the request names them', async (names, expected) => {
    const init = tensorRequest({ explain_if: 'probability <= `1`', method: 'grad_cam' }, rowAt(0));
    const body = { ...JSON.parse(String(init.body)), outputs: names.map((name) => ({ name })) };
    const outputs = await outputsOf(await ask(INFER, { ...init, body: JSON.stringify(body) }));
    expect(Object.keys(outputs)).toEqual(expected);
  });

  it('lists the numbers of rows among the outputs where the request names another', async () => {
    const init = tensorRequest({ explain_if: 'probability <= `1`', method: 'grad_cam' }, rowAt(0));
    const body = { ...JSON.parse(String(init.body)), outputs: [{ name: 'saliency_map' }] };
    const answer = await ask(INFER, { ...init, body: JSON.stringify(body) });
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { detail: string }).detail).toMatch(
      /no output "saliency_map": there are .*explained_rows/,
    );
  });

  it.each([
    ['probability <', 'no JMESPath expression'],
    ['nonsense(label)', 'nonsense'],
    ['probabilty < `0.5`', 'must be true or false, and is null'],
    ['probability', 'must be true or false'],
  ])('refuses %s and says why', async (explain_if, why) => {
    const answer = await ask(INFER, tensorRequest({ explain_if, method: 'grad_cam' }, rowAt(0)));
    const problem = (await answer.json()) as { detail: string; errors: { pointer: string }[] };
    expect(answer.status).toBe(400);
    expect(problem.detail).toContain(why);
    expect(problem.errors[0]?.pointer).toBe('#/parameters/explain_if');
  });

  it.each([
    ['/v2/models/cifar10/infer', { inputs: [] }],
    ['/v1/models/cifar10:predict', { instances: [] }],
  ])('is refused beside the inputs of %s, in place of under `parameters`', async (path, body) => {
    const answer = await ask(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...body, explain_if: 'margin > `0`' }),
    });
    const problem = (await answer.json()) as { detail: string; errors: { pointer: string }[] };
    expect(answer.status).toBe(400);
    expect(problem.detail).toContain('"explain_if" is a parameter: write it under "parameters"');
    expect(problem.errors[0]?.pointer).toBe('#/explain_if');
  });

  it('is refused by /explain, which always explains', async () => {
    const answer = await ask(EXPLAIN, tensorRequest({ explain_if: 'margin > `0`', method: 'grad_cam' }));
    expect(answer.status).toBe(400);
  });

  it('takes the scope explain', async () => {
    const app = tenantApp({ one: { keys: [await keyOf('reader', ['predict'])] } });
    const init = tensorRequest({ explain_if: 'margin > `0`' });
    const answer = await app(INFER, { ...init, headers: { ...(init.headers as object), 'X-Api-Key': 'reader' } });
    expect(answer.status).toBe(403);
  });

  it.each([{ explain_if: 'margin > `0`' }, { explain_rate: 1e-9 }])(
    'takes no more rows than the tenant may send (%o)',
    async (parameters) => {
      const app = tenantApp({ one: { keys: [await keyOf('reader', ['predict', 'explain'])], limits: { samples: 3 } } });
      const init = tensorRequest(parameters, batch, SHAPE);
      const answer = await app(INFER, { ...init, headers: { ...(init.headers as object), 'X-Api-Key': 'reader' } });
      expect(await answer.json()).toMatchObject({ code: 'budget_exceeded' });
    },
  );
});

describe('the forward pass of a prediction with its explanation', () => {
  const once = (parameters: object) => fresh(tensorRequest(parameters, rowAt(0)));
  const holding = 'probability <= `1`';

  it('is the only run for a class activation map', async () => {
    const { runs, ask: counted } = countingApp();
    await counted(INFER, once({ method: 'grad_cam', explain_if: holding }));
    expect(runs).toEqual([1]);
  });

  it('is shared with the gradient where every row is explained', async () => {
    const { runs, ask: counted } = countingApp();
    await counted(INFER, once({ method: 'saliency', explain_rate: 1 }));
    expect(runs).toEqual([1]);
  });

  it('comes before a gradient that may not be needed', async () => {
    const { runs, ask: counted } = countingApp();
    await counted(INFER, once({ method: 'saliency', explain_if: 'probability > `1`' }));
    expect(runs).toEqual([1]);
    await counted(INFER, once({ method: 'saliency', explain_if: holding }));
    expect(runs).toEqual([1, 1, 1]);
  });

  it('saves the prediction of a perturbation method', async () => {
    const { runs, ask: counted } = countingApp();
    await counted(EXPLAIN, once({ method: 'rise', n_masks: 8 }));
    const alone = runs.splice(0).reduce((a, b) => a + b, 0);
    await counted(INFER, once({ method: 'rise', n_masks: 8, explain_if: holding }));
    expect(runs.reduce((a, b) => a + b, 0)).toBe(alone);
  });
});

describe('explain_rate', () => {
  const COUNT = 24;
  const many = Array.from({ length: COUNT }, (_, row) => pixels(row + 40)).flat();
  const sample = async (parameters: object) =>
    numbers((await predicted({ method: 'grad_cam', ...parameters }, many, [COUNT, 3, 32, 32])).explained_rows);

  it('explains no row at 0, every row at 1, and some in between', async () => {
    expect(await sample({ explain_rate: 0 })).toEqual([]);
    expect(await sample({ explain_rate: 1 })).toHaveLength(COUNT);
    const half = await sample({ explain_rate: 0.5 });
    expect(half.length).toBeGreaterThan(3);
    expect(half.length).toBeLessThan(COUNT - 3);
  });

  it('chooses the same rows again, others with another seed, and alone as in a batch', async () => {
    const half = await sample({ explain_rate: 0.5 });
    expect(await sample({ explain_rate: 0.5 })).toEqual(half);
    expect(await sample({ explain_rate: 0.5, seed: 1 })).not.toEqual(half);
    for (const row of [0, 1, 2, 3]) {
      const alone = await predicted(
        { method: 'grad_cam', explain_rate: 0.5 },
        many.slice(row * 3072, (row + 1) * 3072),
        [1, 3, 32, 32],
      );
      expect(numbers(alone.explained_rows).length === 1).toBe(half.includes(row));
    }
  });
});

describe('KServe V1 :predict with a condition', () => {
  const instances = Array.from({ length: 2 }, (_, row) =>
    Array.from({ length: 3 }, (_, c) =>
      Array.from({ length: 32 }, (_, y) => rowAt(row).slice((c * 32 + y) * 32, (c * 32 + y + 1) * 32)),
    ),
  );
  const post = async (parameters: object) =>
    (await (await ask(PREDICT, { method: 'POST', body: JSON.stringify({ instances, parameters }) })).json()) as {
      predictions: number[][];
      explanations?: ({ attributions: unknown[] } | null)[];
    };

  it('adds an explanation for each prediction, and null where the condition does not hold', async () => {
    const plain = await post({});
    expect(plain.explanations).toBeUndefined();
    const [first, second] = plain.predictions.map((scores) => Math.max(...scores)) as [number, number];
    const explain_if = `score ${first < second ? '<' : '>'} \`${(first + second) / 2}\``;
    const { predictions, explanations } = await post({ explain_if, method: 'grad_cam' });
    expect(predictions).toHaveLength(2);
    expect(explanations?.[0]?.attributions).toHaveLength(1);
    expect(explanations?.[1]).toBeNull();
  });
});
