import { type Context, Hono } from 'hono';
import type { Model } from '../../core/model/model.ts';
import type { ValueInfo } from '../../core/onnx/graph.ts';
import { datatypeOf } from '../../protocol/open-inference.ts';
import type { ServedModel } from '../models/catalogue.ts';
import { type EdgeEnv, type Services, waitUntilOf } from '../services.ts';

/** The paths of an operation on a model, without and with a version. */
export const modelPaths = (operation = ''): [string, string] => [
  `/v2/models/:model${operation}`,
  `/v2/models/:model/versions/:version${operation}`,
];

/**
 * The model that the path names.
 * @throws WhylightError `model_not_found`
 */
export async function modelOf(
  c: Context<EdgeEnv>,
  { models }: Pick<Services, 'models'>,
  named: { readonly model: string; readonly version?: string } = c.req.param() as { model: string },
): Promise<ServedModel> {
  const { model, version } = named;
  const served = await models.get(model, c.get('tenant'), waitUntilOf(c), version);
  c.get('seen').model = served.model.name;
  return served;
}

/** Which models there are and what they take. */
export const modelRoutes = (services: Services) =>
  new Hono<EdgeEnv>()
    .get('/v2/models', async (c) => {
      const names = await services.models.names(c.get('tenant'));
      return c.json({ models: names.map((name) => ({ name })) });
    })
    .on('GET', modelPaths(), async (c) => {
      const { model } = await modelOf(c, services);
      const uploaded = await services.models.uploaded(model.name, c.get('tenant'));
      return c.json(describe(model, uploaded && Object.keys(uploaded.record.versions)));
    })
    .on('GET', modelPaths('/ready'), async (c) => {
      const { model } = await modelOf(c, services);
      return c.json({ name: model.name, ready: true });
    });

/** The protocol's model metadata, and what else helps to ask for an explanation. */
function describe(model: Model, versions: readonly string[] = [model.version]) {
  const { description, preprocessing, license, source, accuracy, output, label_offset, downloadable } = model.manifest;
  const { scores, camLayer, spatialLayers } = model.info();
  return {
    name: model.name,
    versions,
    platform: 'onnx_onnxv1',
    inputs: model.graph.inputs.map(metadata),
    outputs: model.graph.outputs.map(metadata),
    digest: model.digest,
    description,
    labels: model.labels?.names,
    preprocessing,
    scores: scores.name,
    output: output ?? model.graph.outputs[0]?.name,
    /** How the elements of `output` become probabilities. */
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

/** -1 stands for an extent that is not known before the run. */
const metadata = ({ name, dtype, dims }: ValueInfo) => ({
  name,
  datatype: datatypeOf(dtype),
  shape: dims?.map((extent, axis) => (axis > 0 && typeof extent === 'number' ? extent : -1)) ?? [],
});
