import type { Model } from '../../core/model/model.ts';
import type { ValueInfo } from '../../core/onnx/graph.ts';
import { datatypeOf } from '../../protocol/open-inference.ts';
import { requestedModel } from '../models/requested-model.ts';
import { answer } from '../openapi/content.ts';
import { defineRoute } from '../openapi/route.ts';
import * as schemas from '../openapi/schemas.ts';
import { READINESS, reportReadiness } from './readiness.ts';

/** Lists the models that the tenant may use. */
export const models = defineRoute(
  {
    id: 'listModels',
    method: 'get',
    path: '/v2/models',
    tag: 'models',
    summary: 'Lists the models.',
    access: 'key',
    cost: 'none',
    responses: answer(schemas.models, 'The models.'),
  },
  (services) => async (c) => {
    const names = await services.models.names(c.get('tenant'));
    return c.json({ models: names.map((name) => ({ name })) });
  },
);

/** Describes a model. */
export const model = defineRoute(
  {
    id: 'getModel',
    method: 'get',
    path: '/v2/models/{model}',
    versioned: true,
    tag: 'models',
    summary: 'Describes the inputs and outputs of a model.',
    access: 'key',
    cost: 'none',
    responses: answer(schemas.model, 'The model.'),
  },
  (services) => async (c) => {
    const { model } = await requestedModel(c, services.models);
    const uploaded = await services.models.uploaded(model.name, c.get('tenant'));
    return c.json(describe(model, uploaded && Object.keys(uploaded.record.versions)));
  },
);

/** Reports whether a model can be used. */
export const modelReady = defineRoute(
  {
    id: 'checkModel',
    method: 'get',
    path: '/v2/models/{model}/ready',
    versioned: true,
    tag: 'models',
    ...READINESS,
  },
  reportReadiness,
);

/** Makes the model metadata of the protocol, with further facts that explanations need. */
function describe(model: Model, versions: readonly string[] = [model.version]) {
  const { description, license, source, accuracy, output, label_offset, downloadable } = model.manifest;
  const { scores, camLayer, spatialLayers } = model.info();
  return {
    name: model.name,
    versions,
    platform: 'onnx_onnxv1',
    inputs: model.file.inputs.map(metadata),
    outputs: model.file.outputs.map(metadata),
    digest: model.digest,
    description,
    labels: model.labels?.names,
    preprocessing: model.preprocessing,
    scores: scores.name,
    output: output ?? model.description.explained.name,
    facts: model.description,
    /** Function that turns elements of `output` into probabilities. */
    output_probability: model.info({ scores: 'output' }).probability,
    label_offset: label_offset ?? 0,
    downloadable: downloadable ?? false,
    target_layer: camLayer?.name,
    spatial_layers: spatialLayers.map(({ name }) => name),
    license,
    source,
    accuracy,
  };
}

/** Makes tensor metadata; -1 stands for a dim that is not known before the run. */
const metadata = ({ name, dtype, dims }: ValueInfo) => ({
  name,
  datatype: datatypeOf(dtype),
  shape: dims?.map((dim, axis) => (axis > 0 && typeof dim === 'number' ? dim : -1)) ?? [],
});
