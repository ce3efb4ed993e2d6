/** Descriptions that are kept beside a model, so that a process that lives for a short time need not read its file. */
import { WhylightError } from '../errors.ts';
import type { ConstantPlace } from '../model/described-model.ts';
import type { Model } from '../model/model.ts';
import type { ModelSource } from '../model/model-source.ts';
import { graphCompiler } from '../plan/compile-variant.ts';
import { modelFacts } from './model-facts.ts';
import { isPreparable } from './prepare.ts';
import { filesOf, type KeptDescription } from './restore-model.ts';

/**
 * Describes a model for later processes.
 * @param source files that the model was read from
 * @returns undefined for models of which most requests need the nodes: those with dims that only a request settles, with
 * ids, or with words
 */
export function describeModel(
  model: Model,
  source: Pick<ModelSource, 'bytes' | 'external'>,
): KeptDescription | undefined {
  const { graph, manifest, idTables } = model;
  if (!isPreparable(model) || idTables.size > 0 || graph.inputs.some(({ words }) => words)) return undefined;
  const info = infoOf(model);
  if (!info) return undefined;
  const { inputs, held, sources, scores, camLayer, spatialLayers, concepts } = info;
  const cam = camLayer ? [camLayer.name] : [];
  const listed = [...inputs, ...held, ...sources, scores, ...spatialLayers].map(({ name }) => name);
  const { info: own, ...facts } = modelFacts(model, [...new Set([...listed, ...cam])], cam);
  return {
    facts: {
      ...facts,
      manifest,
      info: { ...own, ...(concepts && { concepts }) },
      placed: info.layout !== undefined,
      ...(graph.computesHalf && { computesHalf: true }),
      constants: placesOf(model, filesOf(source)),
    },
    row: { flops: graphCompiler.rowFlops(model, {}), work: graphCompiler.rowWork(model, undefined) },
  };
}

/** Returns undefined where a request has to name the scores. */
function infoOf(model: Model): ReturnType<Model['info']> | undefined {
  try {
    return model.info();
  } catch (error) {
    if (WhylightError.is(error)) return undefined;
    throw error;
  }
}

/** Places of the constants that are views of a file; those that were converted are read with it. */
function placesOf({ graph }: Model, files: readonly Uint8Array[]): Record<string, ConstantPlace> {
  const places: Record<string, ConstantPlace> = {};
  for (const [name, { bytes }] of graph.constants) {
    const file = files.findIndex((one) => holds(one, bytes));
    const start = files[file]?.byteOffset ?? 0;
    if (file >= 0) places[name] = { file, offset: bytes.byteOffset - start, size: bytes.byteLength };
  }
  return places;
}

const holds = (file: Uint8Array, part: Uint8Array): boolean =>
  file.buffer === part.buffer &&
  part.byteOffset >= file.byteOffset &&
  part.byteOffset + part.byteLength <= file.byteOffset + file.byteLength;
