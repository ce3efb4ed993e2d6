/**
 * Reader of ONNX files whose code is loaded where the nodes of a described model are needed. It takes longer to evaluate
 * than the rest of a first answer, and most requests to a described model need no nodes.
 */
import { NotAnswered } from '../method/answered.ts';
import type { Model } from '../model/model.ts';
import type { ModelSource } from '../model/model-source.ts';

type ReadKnown = (source: ModelSource, digest: string) => Model;

let reader: ReadKnown | undefined;

/** Loads the reader; with it, described models answer every question at once. */
export async function loadReader(): Promise<void> {
  // The promise is never kept: one of another request may not settle in a Worker.
  reader ??= (await import('../model/model.ts')).Model.readKnown;
}

/**
 * Reads a model whose digest is known.
 * @throws NotAnswered until the reader is loaded
 * @throws WhylightError as `Model.read` does
 */
export function readKnown(source: ModelSource, digest: string): Model {
  if (reader) return reader(source, digest);
  throw new NotAnswered('The reader of ONNX files', loadReader);
}
