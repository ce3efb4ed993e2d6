/** Representations of an explanation. */
import type { Context } from 'hono';
import { sha256Hex } from '../../core/digest.ts';
import type { Explanation } from '../../core/explainer/explanation.ts';
import { explanationOutputs, explanationParameters } from '../../protocol/explanation-outputs.ts';
import type { InferenceResponse } from '../../protocol/open-inference.ts';
import { cached } from '../cache/cached.ts';
import type { EdgeEnv } from '../http/env.ts';
import { wantedOutputs } from '../http/inference-response.ts';
import type { Services } from '../services.ts';
import { cacheOptions, runAtEdge } from './explain-cached.ts';
import type { Measures } from './measure.ts';
import { metricNames, metricRequests } from './metric-parameters.ts';
import type { ExplainQuery } from './query.ts';
import { receiptParameter } from './receipt-parameter.ts';

/** Draws the saliency map over the image. @returns a PNG file */
export async function drawAnswer(
  { codecs }: Pick<Services, 'codecs'>,
  { input, settings }: Pick<ExplainQuery, 'input' | 'settings'>,
  explanation: Explanation,
): Promise<Uint8Array> {
  const image = await input.image();
  const { explanationImage } = await import('../../protocol/explanation-image.ts');
  return codecs.encodePng(explanationImage(explanation, image, settings.overlay, settings.choseOverlay));
}

/** Makes a response in the Open Inference Protocol, with the requested metrics. */
export async function wireAnswer(
  c: Context<EdgeEnv>,
  services: Services,
  query: ExplainQuery,
  explanation: Explanation,
): Promise<InferenceResponse> {
  const { model, key, wire, reason } = query;
  const measures = await measured(c, services, query, explanation);
  return {
    ...(wire?.id !== undefined && { id: wire.id }),
    modelName: model.name,
    modelVersion: model.version,
    parameters: {
      ...explanationParameters(explanation, key),
      ...(reason !== undefined && { method_reason: reason }),
      ...measures.parameters,
      ...(await receiptParameter(c, services, query, explanation)),
    },
    outputs: wantedOutputs([...explanationOutputs(explanation), ...measures.outputs], wire),
  };
}

/** Measures of a request without metrics. */
const noMeasures: Measures = { outputs: [], parameters: {}, samples: 0 };

/** Measures the requested metrics, or finds them in the cache. They run at the edge, wherever the explanation ran. */
async function measured(
  c: Context<EdgeEnv>,
  services: Services,
  query: ExplainQuery,
  explanation: Explanation,
): Promise<Measures> {
  const names = metricNames(query.settings.metrics);
  if (names.length === 0 || explanation.rows.every(({ nothing }) => nothing !== undefined)) return noMeasures;
  const { ownMetrics = [] } = services;
  const versionOf = (name: string): string => `${name}@${ownMetrics.find(({ id }) => id === name)?.revision ?? 1}`;
  const { value, state } = await cached<Measures>(
    {
      ...cacheOptions(c, services),
      key: await sha256Hex(
        new TextEncoder().encode(
          `${query.key}/metrics/${names.map(versionOf).join()}/${JSON.stringify(query.metricParams)}`,
        ),
      ),
      // The metrics of a degraded answer are not those of the requested one.
      ...(explanation.degraded && { allowed: { read: false, write: false } }),
    },
    async () => {
      const plan = await query.plan();
      const { measure } = await import('./measure.ts');
      return runAtEdge(c, services, (hooks) =>
        measure(services, plan, explanation, metricRequests(names, query.metricParams), hooks),
      );
    },
  );
  const seen = c.get('seen');
  if (state === 'miss' || state === 'bypass') seen.samples = (seen.samples ?? 0) + value.samples;
  return value;
}
