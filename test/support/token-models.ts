/** Models with an answer at tokens, each worked out by hand over the words of `bertDescription`. */
import { parseManifest } from '../../src/core/model/manifest.ts';
import { GraphBuilder, type Value } from '../../src/core/onnx/builder.ts';
import type { Graph } from '../../src/core/onnx/graph.ts';
import { write } from '../../src/core/onnx/write.ts';
import type { ModelStore } from '../../src/edge/models/store.ts';
import { bertDescription } from '../modalities/text/small-tokenizers.ts';
import { WORD_FILES } from './other-models.ts';

export const TOKEN_IDS = bertDescription.model.vocab as Readonly<
  Record<'the' | 'film' | 'was' | 'good' | 'not' | 'bad', number>
>;
const VOCABULARY = Object.keys(TOKEN_IDS).length;

/** Rows of zeros for all tokens, with the rows of some. */
function rows(width: number, given: Readonly<Record<number, readonly number[]>>): number[] {
  return Array.from({ length: VOCABULARY }, (_, id) => given[id] ?? new Array<number>(width).fill(0)).flat();
}

/** Network whose tokens have rows of a table, `[N, T, width]`: zeros for those that the attention mask leaves out. */
function sentence(
  name: string,
  width: number,
  given: Readonly<Record<number, readonly number[]>>,
): { readonly g: GraphBuilder; readonly tokens: Value } {
  const g = GraphBuilder.empty(name);
  const ids = g.input('input_ids', 'int64', ['batch', 'tokens']);
  const mask = g.op('Cast', [g.input('attention_mask', 'int64', ['batch', 'tokens'])], { to: 1 });
  const table = g.constant('float32', [VOCABULARY, width], rows(width, given));
  return { g, tokens: g.mul(g.op('Gather', [table, ids]), g.op('Unsqueeze', [mask, g.ints([2])])) };
}

/** Classes O, THING and VERDICT: "film" has 4 for THING, "good" 3 and "bad" 5 for VERDICT; the rest is O. */
function tokenClasses(): Graph {
  const { g, tokens } = sentence('names', 3, {
    [TOKEN_IDS.film]: [0, 4, 0],
    [TOKEN_IDS.good]: [0, 0, 3],
    [TOKEN_IDS.bad]: [0, 0, 5],
  });
  return g.build([g.named(g.add(tokens, g.constant('float32', [3], [1, 0, 0])), 'logits')]);
}

/** The answer begins at "film" (3) or "the" (1), and ends at "good" (4); "was" adds 1 to every start. */
function answers(): Graph {
  const { g, tokens } = sentence('answers', 3, {
    [TOKEN_IDS.the]: [1, 0, 0],
    [TOKEN_IDS.film]: [3, 0, 0],
    [TOKEN_IDS.was]: [0, 1, 0],
    [TOKEN_IDS.good]: [0, 0, 4],
  });
  const column = (i: number) => g.op('Slice', [tokens, g.ints([i]), g.ints([i + 1]), g.ints([2])]);
  const flat = (value: Value, name: string) => g.named(g.op('Squeeze', [value, g.ints([2])]), name);
  const start = g.add(column(0), g.reduce('ReduceSum', column(1), [1]));
  return g.build([flat(start, 'start_logits'), flat(column(2), 'end_logits')]);
}

const vocabularyRow = (scores: Readonly<Record<number, number>>): number[] =>
  Array.from({ length: VOCABULARY }, (_, id) => scores[id] ?? 0);

/** Scores over the vocabulary: "film" in the text speaks for "good" (2), "not" for "bad" (3), at every token. */
function vocabulary(name: string): Graph {
  const { g, tokens } = sentence(name, VOCABULARY, {
    [TOKEN_IDS.film]: vocabularyRow({ [TOKEN_IDS.good]: 2 }),
    [TOKEN_IDS.not]: vocabularyRow({ [TOKEN_IDS.bad]: 3 }),
  });
  return g.build([g.named(g.add(tokens, g.reduce('ReduceSum', tokens, [1])), 'logits')]);
}

const MODELS: Readonly<Record<string, readonly [Graph, object]>> = {
  names: [tokenClasses(), { labels: ['O', 'THING', 'VERDICT'] }],
  answers: [answers(), {}],
  next: [vocabulary('next'), { task: 'next_token' }],
  masked: [vocabulary('masked'), { task: 'fill_mask' }],
};

/** Files of one of {@link tokenModels}, by path in its folder. */
export function filesOf(name: string): Readonly<Record<string, Uint8Array>> {
  const [graph, manifest] = MODELS[name] as readonly [Graph, object];
  const stated = new TextEncoder().encode(JSON.stringify({ name, ...manifest }));
  return { ...WORD_FILES, 'model.onnx': write(graph).graph, 'manifest.json': stated };
}

/** Models `names` (token classification), `answers` (question answering), `next` (next token), `masked` (fill mask). */
export const tokenModels: ModelStore = {
  names: Object.keys(MODELS),
  async open(name) {
    const [graph, manifest] = MODELS[name] as readonly [Graph, object];
    return {
      bytes: write(graph).graph,
      manifest: parseManifest({ name, ...manifest }),
      files: { read: async (path) => WORD_FILES[path] },
    };
  },
};
