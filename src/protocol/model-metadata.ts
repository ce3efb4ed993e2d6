/** Metadata of a model, as the API and the page know it. */
import type { Model } from '../core/model/model.ts';
import type { ValueInfo } from '../core/onnx/graph.ts';
import { datatypeOf } from './open-inference.ts';

/**
 * Makes the metadata of a model in the Open Inference Protocol, with further facts that explanations need.
 * @param versions versions that can be asked for; that of the model when left out
 * @param files paths of the files beside a downloadable model that its modality reads
 */
export function modelMetadata(
  model: Model,
  versions: readonly string[] = [model.version],
  files: readonly string[] = [],
) {
  const { description, license, source, accuracy, output, label_offset, downloadable, modalities } = model.manifest;
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
    /** Entries of modalities in the manifest: columns of a table, rate of a sound. */
    modalities,
    /** Function that turns elements of `output` into probabilities. */
    output_probability: model.info({ scores: 'output' }).probability,
    label_offset: model.labels?.offset ?? label_offset ?? 0,
    downloadable: downloadable ?? false,
    /** Files beside a downloadable model: vocabulary, tokenizer, background rows. */
    ...(downloadable && { files }),
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
