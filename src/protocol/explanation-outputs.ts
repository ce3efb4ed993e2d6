/** An explanation as Open Inference Protocol outputs. */
import type { Explained, ExplainedRow, Explanation, Reading } from '../core/explainer/explanation.ts';
import { float32, tensor } from '../core/tensor/tensor.ts';
import type { InferenceResponse, NamedOutput, Parameters, Scalar } from './open-inference.ts';
import { byTensor, resultOutputs, stackMaps } from './result-outputs.ts';

/**
 * | output           | datatype | shape           |                                                                     |
 * |------------------|----------|-----------------|---------------------------------------------------------------------|
 * | `attribution`    | FP32     | [N, ...input]   | `attribution.<name>` for each tensor where there are several        |
 * | `saliency_map`   | FP32     | [N, H, W]       | where the model sees an image                                      |
 * | `scores`         | FP32     | [N]             | the target's score                                                  |
 * | `target`         | INT64    | [N]             | class index, -1 where the target is no single class                 |
 * | `target_label`   | BYTES    | [N]             | where classes have names                                            |
 * | `top_classes`    | BYTES    | [N, K]          | `score:index:label` as Triton's classification extension writes it  |
 * | `baseline_score`, `convergence_delta`, `standard_error` | FP32 | [N] | for methods that have them                       |
 * | `summary`      | BYTES    | [N]             | in words; with summary=true                                         |
 * | `predictions`    | BYTES    | [N]             | JSON of a list: label, class, score, probability, box, mask, ...    |
 * | `prediction`     | INT64    | [N]             | number of the explained one among them, -1 where it is none         |
 * | `features`       | BYTES    | [N]             | JSON of a list: name, value, start, end; for data of a modality     |
 * | `diagnostics`    | BYTES    | [N]             | JSON: positiveShare, sparseness, entropy, warnings                  |
 *
 * A row in which nothing was found has zeros. Further results of a method are those of {@link resultOutputs}.
 */
export function explanationOutputs({ rows }: Explanation): NamedOutput[] {
  const count = rows.length;
  const column = (pick: (row: ExplainedRow) => number | undefined) =>
    rows.every((row) => pick(row) !== undefined) ? float32([count], rows.map(pick) as number[]) : undefined;
  const integers = (pick: (row: ExplainedRow) => number | undefined) =>
    tensor(
      'int64',
      [count],
      rows.map((row) => pick(row) ?? -1),
    );
  // Where nothing was found in any row there is no class and no score.
  const found = rows.some(({ nothing }) => nothing === undefined);
  const jsonColumn = (pick: (row: ExplainedRow) => unknown) =>
    rows.some((row) => pick(row) !== undefined)
      ? { dims: [count], texts: rows.map((row) => JSON.stringify(pick(row) ?? [])) }
      : undefined;
  const outputs: Record<string, NamedOutput['value'] | undefined> = {
    ...byTensor('attribution', rows, ({ values }) => values),
    saliency_map: stackMaps(rows, ({ map }) => map),
    scores: found ? column(({ score }) => score) : undefined,
    target: found ? integers(({ target }) => target.index) : undefined,
    target_label: rows.some(({ target }) => target.label !== undefined)
      ? { dims: [count], texts: rows.map(({ target }) => target.label ?? '') }
      : undefined,
    top_classes: rows.some(({ top }) => top.length > 0)
      ? {
          dims: [count, rows[0]?.top.length ?? 0],
          texts: rows.flatMap(({ top }) =>
            top.map(({ score, index, label }) => [score, index, ...(label === undefined ? [] : [label])].join(':')),
          ),
        }
      : undefined,
    predictions: jsonColumn(({ predictions }) => predictions),
    prediction: rows.some(({ prediction }) => prediction !== undefined)
      ? integers(({ prediction }) => prediction)
      : undefined,
    features: jsonColumn(({ features }) => features),
    diagnostics: { dims: [count], texts: rows.map(({ diagnostics }) => JSON.stringify(diagnostics)) },
    summary: rows.some(({ summary }) => summary)
      ? { dims: [count], texts: rows.map(({ summary }) => summary?.text ?? '') }
      : undefined,
    baseline_score: column(({ baselineScore }) => baselineScore),
    convergence_delta: column(({ convergenceDelta }) => convergenceDelta),
    standard_error: column(({ standardError }) => standardError),
    ...resultOutputs(rows),
  };
  return Object.entries(outputs).flatMap(([name, value]) => (value ? [{ name, value }] : []));
}

/** A map of one row that is right but not yet precise, with further results, as the final answer would hold them. */
export function partialOutputs(row: number, explained: Explained): InferenceResponse {
  const { map, values, standardError } = explained;
  const [attribution] = Object.values(values);
  const value = map ? float32([1, ...map.dims], map.data) : attribution;
  const results = Object.entries(resultOutputs([explained]));
  return {
    modelName: '',
    modelVersion: '',
    parameters: { row, ...(standardError !== undefined && { standard_error: standardError }) },
    outputs: [
      ...(value ? [{ name: map ? 'saliency_map' : 'attribution', value }] : []),
      ...results.flatMap(([name, value]) => (value ? [{ name, value }] : [])),
    ],
  };
}

/** Makes the parameters that describe the run. A cached answer has the times of its computation. */
export function explanationParameters(explanation: Explanation, key: string): Parameters {
  const {
    method,
    revision,
    build,
    params,
    seed,
    model,
    reading,
    engine,
    samples,
    timings,
    degraded,
    notices = [],
  } = explanation;
  return {
    ...Object.fromEntries(Object.entries(params).map(([name, value]) => [name, scalar(value)])),
    method,
    method_revision: revision,
    ...(build !== undefined && { method_build: build }),
    seed,
    model_digest: model.digest,
    ...(reading && readingParameters(reading)),
    engine,
    forwards: samples.forwards,
    backwards: samples.backwards,
    compile_ms: round(timings.compile),
    session_ms: round(timings.session),
    run_ms: round(timings.run),
    total_ms: round(timings.total),
    cache_key: key,
    ...(notices.length > 0 && { notices: notices.join(' ') }),
    ...(degraded && { degraded: true, ...requested(degraded) }),
  };
}

/** Makes the parameters that say how the output was read. */
const readingParameters = ({ task, classAxis, corrections = {}, doubts }: Reading): Parameters => ({
  task,
  ...(typeof classAxis === 'number' && { class_axis: classAxis }),
  ...Object.fromEntries(
    Object.entries(corrections).flatMap(([name, value]) => [
      [name, scalar(value)] as const,
      [`${name}_source`, 'request'] as const,
    ]),
  ),
  ...(doubts.length > 0 && { doubts: doubts.join(' ') }),
});

/** Makes the parameters `requested_<parameter>` of a degraded answer; `asked_<parameter>` is the alias of version 0.1. */
const requested = (parameters: Readonly<Record<string, number>>): Parameters =>
  Object.fromEntries(
    Object.entries(parameters).flatMap(([name, value]) => [
      [`requested_${name}`, value],
      [`asked_${name}`, value],
    ]),
  );

/** Lists as a query would have them: the protocol's parameters are flat. */
const scalar = (value: unknown): Scalar =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : Array.isArray(value)
      ? value.join(',')
      : JSON.stringify(value ?? '');

/** To a microsecond. */
const round = (milliseconds: number): number => Math.round(milliseconds * 1000) / 1000;
