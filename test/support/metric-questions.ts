/** Metrics asked about an explanation, or about values that stand in for it. */
import * as z from 'zod';
import type { ExplainedRow } from '../../src/core/explainer/explanation.ts';
import type { ExplainRequest } from '../../src/core/explainer/request.ts';
import { defineMethod } from '../../src/core/method/define.ts';
import { isMeasured, type Measured, measureRows, planMetrics } from '../../src/core/metrics/measure.ts';
import type { Measurement } from '../../src/core/metrics/metric.ts';
import type { Region } from '../../src/core/metrics/region.ts';
import type { Model } from '../../src/core/model/model.ts';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';
import integratedGradients from '../../src/plugins/gradient/integrated-gradients.ts';
import saliency from '../../src/plugins/gradient/saliency.ts';
import { openGraph } from '../../src/testing/models.ts';
import { explainerOf } from './classifiers.ts';

/** A map that is the picture itself: it knows neither the model nor the class. */
const { presets: _, ...plain } = saliency;
const inputItself = defineMethod({
  ...plain,
  id: 'input_itself',
  params: z.object({}),
  needs: () => ({}),
  cost: () => ({ forwards: 0, backwards: 0 }),
  explain: async ({ inputs }) => ({ values: inputs as Record<string, ReturnType<typeof float32>> }),
});

const explainer = explainerOf([integratedGradients, saliency, inputItself]);

/** `W x`, one score for each column of weights. */
export function linear(...weights: number[][]): Promise<Model> {
  const g = GraphBuilder.empty('linear');
  const inputs = weights[0]?.length ?? 0;
  const x = g.input('x', 'float32', ['N', inputs]);
  const matrix = Array.from({ length: inputs }, (_, i) => weights.map((column) => column[i] as number)).flat();
  return openGraph(
    g.build([g.named(g.op('MatMul', [x, g.constant('float32', [inputs, weights.length], matrix)]), 'y')]),
  );
}

export interface Question {
  readonly model: Model;
  readonly request: ExplainRequest;
  readonly params?: Record<string, unknown>;
  readonly region?: Region;
  /** In place of the method's own values. */
  readonly values?: readonly number[];
}

export async function ask(
  metric: string,
  { model, request, params = {}, region, values }: Question,
): Promise<Measured> {
  const plan = explainer.plan(model, request);
  const { rows } = await explainer.run(plan);
  const planned = planMetrics(plan, [{ metric, params }]);
  const answered = rows.map((row) => (values ? replaced(row, values) : row));
  const [measured] = await measureRows(explainer, plan, answered, planned, { regions: [region] });
  return measured?.[0] as Measured;
}

export async function scoreOf(metric: string, question: Question): Promise<Measurement> {
  const measured = await ask(metric, question);
  if (!isMeasured(measured)) throw measured.error;
  return measured;
}

function replaced({ values, map, ...row }: ExplainedRow, numbers: readonly number[]): ExplainedRow {
  const [name = '', { dims = [] } = {}] = Object.entries(values)[0] ?? [];
  return { ...row, values: { [name]: float32(dims, numbers) }, ...(map && { map: float32(map.dims, numbers) }) };
}

export const vector = (...data: number[]) => ({ x: float32([1, data.length], data) });
