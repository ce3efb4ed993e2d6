/** Models of data other than photos, each worked out by hand: words, table columns, and a detector of four boxes. */
import { parseManifest } from '../../src/core/model/manifest.ts';
import type { ModelSource } from '../../src/core/model/model-source.ts';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import type { Graph } from '../../src/core/onnx/graph.ts';
import { write } from '../../src/core/onnx/write.ts';
import type { ModelStore } from '../../src/edge/models/store.ts';
import { bertDescription } from '../modalities/text/small-tokenizers.ts';
import { sumOfTokens } from './text-folder.ts';

/** score = 2 width - length + 0.5 */
function weightedColumns(): Graph {
  const g = GraphBuilder.empty('columns');
  const x = g.input('x', 'float32', ['N', 2]);
  const product = g.op('MatMul', [x, g.constant('float32', [2, 1], [2, -1])]);
  return g.build([g.named(g.op('Add', [product, g.constant('float32', [1], [0.5])]), 'value')]);
}

/** The four quarters of 3x8x8 images as boxes with their mean as score, best first: x0, y0, x1, y1, score, class. */
export function quarters(): Graph {
  const g = GraphBuilder.empty('quarters');
  const x = g.input('image', 'float32', ['N', 3, 8, 8]);
  const pooled = g.op('AveragePool', [x], { kernel_shape: [4, 4], strides: [4, 4] });
  const scores = g.reshape(g.reduce('ReduceMean', pooled, [1]), ['N', 4]);
  const [best, order] = g.ops('TopK', [scores, g.ints([4])], { axis: 1 }, 2);
  const corners = g.constant('float32', [4, 4], [0, 0, 4, 4, 4, 0, 8, 4, 0, 4, 4, 8, 4, 4, 8, 8]);
  const boxes = g.op('Gather', [corners, order], { axis: 0 });
  const score = g.op('Unsqueeze', [best, g.ints([2])]);
  const rows = g.op('Concat', [boxes, score, g.mul(score, g.number(0, score))], { axis: 2 });
  return g.build([g.named(rows, 'boxes')]);
}

/** Embedding of a text: the sum of a vector of three numbers for each token. */
function sumOfVectors(): Graph {
  const g = GraphBuilder.empty('vectors');
  const ids = g.input('input_ids', 'int64', ['N', 'T']);
  const table = g.constant(
    'float32',
    [18, 3],
    Array.from({ length: 54 }, (_, i) => Math.sin(2 * i) + 0.2),
  );
  const sum = g.reduce('ReduceSum', g.op('Gather', [table, ids]), [1], false);
  return g.build([g.named(sum, 'sentence_embedding')]);
}

/** Two classes at each pixel: bright, and dark. */
export function halves(): Graph {
  const g = GraphBuilder.empty('halves');
  const x = g.input('image', 'float32', ['N', 3, 64, 64]);
  const kernel = g.constant('float32', [2, 3, 1, 1], [1, 1, 1, -1, -1, -1]);
  const bias = g.constant('float32', [2], [-1.5, 1.5]);
  return g.build([g.named(g.op('Conv', [x, kernel, bias]), 'logits')]);
}

const json = (content: object): Uint8Array => new TextEncoder().encode(JSON.stringify(content));

/** Tokenizer of `bertDescription` and its special tokens, by path beside a model. */
export const WORD_FILES: Readonly<Record<string, Uint8Array>> = {
  'tokenizer.json': json(bertDescription),
  'special_tokens_map.json': json({
    pad_token: '[PAD]',
    cls_token: '[CLS]',
    sep_token: '[SEP]',
    unk_token: '[UNK]',
    mask_token: '[MASK]',
  }),
};

const source = (graph: Graph, manifest: object, files: Readonly<Record<string, Uint8Array>> = {}): ModelSource => ({
  bytes: write(graph).graph,
  manifest: parseManifest(manifest),
  files: { read: async (path) => files[path] },
});

/** Shipped models `words`, `short` (the same, of 4 tokens), `vectors`, `columns`, `numbers` (the same, as plain tensors) and `quarters`. */
export const otherModels: ModelStore = {
  names: ['words', 'short', 'vectors', 'columns', 'numbers', 'quarters'],
  async open(name) {
    if (name === 'words') return source(sumOfTokens(), { name, labels: ['NEGATIVE', 'POSITIVE'] }, WORD_FILES);
    if (name === 'vectors') return source(sumOfVectors(), { name }, WORD_FILES);
    if (name === 'short') {
      const modalities = { text: { max_length: 4 } };
      return source(sumOfTokens(), { name, modalities }, WORD_FILES);
    }
    if (name === 'quarters')
      return source(quarters(), { name, preprocessing: { size: [8, 8], resize: { mode: 'exact' } } });
    if (name === 'numbers') return source(weightedColumns(), { name, inputs: { x: { modality: 'tensor' } } });
    return source(weightedColumns(), {
      name,
      task: 'regression',
      inputs: { x: { modality: 'tabular' } },
      modalities: { tabular: { columns: ['width', 'length'] } },
    });
  },
};
