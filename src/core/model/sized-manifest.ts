/** Manifests whose preprocessing takes its size from the graph. */
import { WhylightError } from '../errors.ts';
import { type Preprocessing, parsePreprocessing } from '../image/preprocess.ts';
import type { Graph } from '../onnx/graph.ts';
import type { Manifest } from './manifest.ts';

/** Manifest whose preprocessing has a size. */
export type SizedManifest = Omit<Partial<Manifest>, 'preprocessing'> & { readonly preprocessing?: Preprocessing };

/**
 * Completes the preprocessing of a manifest that states no size by height and width of the graph's image input: the
 * first with four dims, or with three where none has four.
 * @throws WhylightError `invalid_config` where the graph leaves the size open, and for a size that the other entries do
 *   not fit
 */
export function sizedManifest({ preprocessing, ...manifest }: Partial<Manifest>, graph: Graph): SizedManifest {
  if (!preprocessing) return manifest;
  const size = preprocessing.size ?? sizeOfInput(preprocessing.layout, graph);
  return { ...manifest, preprocessing: parsePreprocessing({ ...preprocessing, size }) };
}

function sizeOfInput(layout: Preprocessing['layout'], { inputs }: Graph): [height: number, width: number] {
  const input = [4, 3].map((rank) => inputs.find(({ dims }) => dims?.length === rank)).find((found) => found);
  const row = input?.dims?.slice(-3) ?? [];
  const [height, width] = layout === 'NHWC' ? row : row.slice(1);
  if (typeof height === 'number' && typeof width === 'number') return [height, width];
  const taken = input
    ? `the input "${input.name}" takes [${input.dims?.join(', ')}]`
    : 'no input of the model is an image';
  throw new WhylightError(
    'invalid_config',
    `"preprocessing" of the manifest states no size, and ${taken}: state "size": [height, width].`,
    { ...(input && { input: input.name, dims: input.dims }) },
  );
}
