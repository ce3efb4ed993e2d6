/** Explanations in the page's own worker: the same core as the server's, on onnxruntime-web. */
import jpeg from '@cwasm/jpeg-turbo/jpeg-turbo.wasm?url';
import webp from '@cwasm/webp/webp.wasm?url';
import png from '@jsquash/png/codec/pkg/squoosh_png_bg.wasm?url';
import ortBinary from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import * as ort from 'onnxruntime-web/wasm';
import { plugins } from '#public-plugins';
import { createContainer } from '../../composition/container.ts';
import { coreModule, engineModule } from '../../composition/core.ts';
import { CORE } from '../../composition/tokens.ts';
import { createOrtEngine, WASM_OPTIONS } from '../../core/engine/onnxruntime.ts';
import { WhylightError } from '../../core/errors.ts';
import { AUTO_METHOD, chooseMethod } from '../../core/explainer/choose-method.ts';
import type { ExplainedRow, Explanation } from '../../core/explainer/explanation.ts';
import { createImageCodecs } from '../../core/image/codecs/codecs.ts';
import { detailOf, preprocess } from '../../core/image/preprocess.ts';
import { Model } from '../../core/model/model.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import type { InferenceDocument, ModelInfo } from '../api.ts';
import type { Order, Report } from './messages.ts';

const MIB = 2 ** 20;

ort.env.wasm.wasmPaths = { wasm: ortBinary };
// More would need a page that is isolated from all others.
ort.env.wasm.numThreads = 1;

const explainer = createContainer(
  coreModule({ plugins }),
  engineModule(
    createOrtEngine('onnxruntime-web', () => ort, WASM_OPTIONS, { serial: true }),
    { sessionBytes: 256 * MIB, memoryBudget: 64 * MIB, maxBatch: 16 },
  ),
).get(CORE.explainer);

const compiled = (url: string) => () => WebAssembly.compileStreaming(fetch(url));
const codecs = createImageCodecs(
  { jpeg: compiled(jpeg), png: compiled(png), webp: compiled(webp) },
  { maxPixels: 64_000_000 },
);

const models = new Map<string, Promise<Model>>();

addEventListener('message', ({ data }: MessageEvent<Order>) => void answer(data));

async function answer(order: Order): Promise<void> {
  const { id, question } = order;
  const report = (content: Report): void => postMessage(content);
  try {
    const model = await modelOf(order);
    const inputs = await inputsOf(order.image, model);
    if (!question) {
      const [row] = await explainer.predict(model, { inputs, scores: 'output', top: 0 });
      report({ id, kind: 'scores', scores: [...(row?.scores ?? [])] });
      return;
    }
    const { method, params, target, seed } = question;
    const explanation = await explainer.explain(
      model,
      {
        method: method === AUTO_METHOD ? chooseMethod(explainer.methods, { model }).entry.method.id : method,
        summary: true,
        params,
        seed,
        inputs,
        ...(target !== undefined && { target }),
      },
      {
        progress: (done, total) => report({ id, kind: 'progress', done, total }),
        partial: (_, { map }) => {
          if (map) report({ id, kind: 'partial', document: { outputs: [outputOf('saliency_map', map)] } });
        },
      },
    );
    report({ id, kind: 'explanation', document: documentOf(explanation) });
  } catch (error) {
    const known = WhylightError.is(error) ? error : undefined;
    report({ id, kind: 'failure', code: known?.code ?? 'internal', message: (error as Error).message });
  }
}

function modelOf({ model, file }: Order): Promise<Model> {
  const known = models.get(model.digest);
  if (known) return known;
  if (!file) throw new WhylightError('internal', 'The worker was not given the model.');
  const read = Model.read({ bytes: new Uint8Array(file), manifest: manifestOf(model) });
  models.set(model.digest, read);
  return read;
}

const manifestOf = ({ name, versions, preprocessing, output, labels, label_offset }: ModelInfo) => ({
  name,
  ...(versions[0] !== undefined && { version: versions[0] }),
  ...(preprocessing && { preprocessing }),
  ...(output !== undefined && { output }),
  ...(labels && { labels: [...labels] }),
  label_offset,
});

/** As the server does it, with the same decoders: a browser's own give slightly other pixels. */
async function inputsOf(file: Blob, model: Model): Promise<Inputs> {
  const { preprocessing } = model;
  const input = model.graph.inputs[0]?.name;
  if (!preprocessing || input === undefined) {
    throw new WhylightError('unsupported_media_type', `The model ${model.name} takes no images.`);
  }
  const image = await codecs.decode(new Uint8Array(await file.arrayBuffer()), { detail: detailOf(preprocessing) });
  return { [input]: preprocess(image, preprocessing).tensor };
}

/** Its only row, as the server's application/json has it. */
function documentOf({ rows, method, revision, params, seed, model, engine, samples, timings }: Explanation) {
  const row = rows[0] as ExplainedRow;
  const number = (name: string, value: number | undefined) =>
    value === undefined ? [] : [{ name, shape: [1], data: [value] }];
  const document: InferenceDocument = {
    parameters: {
      ...params,
      method,
      method_revision: revision,
      seed,
      model_digest: model.digest,
      engine,
      forwards: samples.forwards,
      backwards: samples.backwards,
      total_ms: timings.total,
    },
    outputs: [
      ...(row.map ? [outputOf('saliency_map', row.map)] : []),
      ...number('scores', row.score),
      ...number('target', row.target.index ?? -1),
      ...(row.target.label === undefined ? [] : [{ name: 'target_label', shape: [1], data: [row.target.label] }]),
      ...number('baseline_score', row.baselineScore),
      ...number('convergence_delta', row.convergenceDelta),
      ...(row.summary ? [{ name: 'summary', shape: [1], data: [row.summary.text] }] : []),
    ],
  };
  return document;
}

const outputOf = (name: string, { dims, data }: NonNullable<ExplainedRow['map']>) => ({
  name,
  shape: [1, ...dims],
  data: [...data],
});
