/** Files of a model, facts stated beside them, and the digest that names what the model computes. */
import { sha256Hex } from '../digest.ts';
import type { OutputForm } from './describe/output-form.ts';
import type { StatedFacts } from './describe/stated-facts.ts';
import type { Manifest } from './manifest.ts';
import type { ModelFiles } from './model-files.ts';

/** Files of a model, and facts that are stated beside them. */
export interface ModelSource {
  /** The ONNX file. Its large constants stay views on these bytes. */
  readonly bytes: Uint8Array;
  /** Files that hold constants of the ONNX file, by the path it names. */
  readonly external?: ReadonlyMap<string, Uint8Array>;
  readonly manifest?: Partial<Manifest>;
  /** Keys of the manifest that a flag states: their facts have the source `request`. */
  readonly flagged?: readonly (keyof Manifest)[];
  /** Class names, where the manifest names a file for them. */
  readonly labels?: readonly string[];
  /** Files beside the model that a modality may read: a tokenizer, background rows. */
  readonly files?: ModelFiles;
  /** Facts that files beside the model, or flags, state; stronger than the file's own metadata. */
  readonly stated?: StatedFacts;
  /** Forms of outputs that are looked for where nobody states a task: heads of detectors. */
  readonly forms?: readonly OutputForm[];
  /** {@link modelDigest} of the files, where whoever keeps them knows it: to count it again takes as long as all the rest. */
  readonly digest?: string;
}

/** Names what a model computes: the SHA-256, in hex, of the ONNX file, or of that and the digests of the files beside it. */
export async function modelDigest({ bytes, external }: Pick<ModelSource, 'bytes' | 'external'>): Promise<string> {
  const [own, ...others] = await Promise.all([bytes, ...(external?.values() ?? [])].map(sha256Hex));
  return others.length === 0 ? (own as string) : sha256Hex(new TextEncoder().encode([own, ...others].join()));
}
