/** Facts about a model as plain data. */
import type { Model } from '../model/model.ts';
import type { PreparedFacts } from '../model/prepared-model.ts';

/**
 * Takes the facts about a model from it.
 * @param tensors names of the tensors that are listed
 * @param placed names of those whose layout is listed too, where they have one
 * @throws WhylightError `layer_not_found` for a name that the graph does not have
 */
export function modelFacts(
  model: Model,
  tensors: readonly string[],
  placed: readonly string[] = tensors,
): Omit<PreparedFacts, 'rulesets'> {
  const { name, version, digest, file, description, places, metadata, graph, labels, preprocessing, fixedBatch } =
    model;
  const { rounding } = model;
  const info = model.info();
  const { inputs, held, sources, scores, scoreSize, probability, labelled, classAxis, output } = info;
  const { camLayer, spatialLayers, lost } = info;
  return {
    ...{ name, version, digest, file, description, places, metadata },
    ...(preprocessing && { preprocessing }),
    ...(fixedBatch !== undefined && { fixedBatch }),
    ...(labels && { labels: { names: labels.names, offset: labels.offset } }),
    inputs: graph.inputs,
    outputs: graph.outputs,
    rounding: rounding ? [{ ...rounding, attributes: {} }] : [],
    info: {
      ...{ inputs, held, sources, scores, scoreSize, labelled, output, spatialLayers, lost },
      ...(probability && { probability }),
      ...(classAxis !== undefined && { classAxis }),
      ...(camLayer && { camLayer }),
    },
    tensors: tensors.map((tensor) => {
      const layout = placed.includes(tensor) ? info.layout?.(tensor) : undefined;
      return { tensor: info.tensor(tensor), ...(layout && { layout }) };
    }),
    gaps: [...model.gaps],
  };
}
