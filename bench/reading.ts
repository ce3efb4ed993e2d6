/**
 * Work beside the engine: a text of 128 tokens from characters to tensors, features and values, and the decoding of a
 * detector's head of 8,400 candidates with suppression. Medians of warm runs.
 *
 *     npm run bench:reading
 */
import { describe } from '../src/core/model/describe/describe.ts';
import { metadataFacts } from '../src/core/model/describe/metadata.ts';
import { GraphBuilder } from '../src/core/onnx/builder.ts';
import { Random } from '../src/core/tensor/random.ts';
import { float32 } from '../src/core/tensor/tensor.ts';
import text from '../src/modalities/text/text.ts';
import objectDetection from '../src/tasks/detection/object-detection.ts';

const RUNS = 200;
const TOKENS = 128;
const VOCABULARY = 30_000;
const [CHANNELS, ANCHORS, SIDE] = [84, 8400, 640];

async function medianOf(run: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const started = performance.now();
    await run();
    if (i >= RUNS / 4) times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] as number;
}

async function textPath(): Promise<number> {
  const g = GraphBuilder.empty('text');
  const ids = g.input('input_ids', 'int64', ['N', 'T']);
  const mask = g.input('attention_mask', 'int64', ['N', 'T']);
  const sum = g.op('ReduceSum', [g.op('Cast', [g.op('Mul', [ids, mask])], { to: 1 }), g.ints([1])], { keepdims: 1 });
  const { description } = describe(g.build([g.named(sum, 'logits')]));
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const words = [...special, ...Array.from({ length: VOCABULARY }, (_, i) => `w${i.toString(36)}`)];
  const tokenizer = {
    model: { type: 'WordPiece', vocab: Object.fromEntries(words.map((word, id) => [word, id])), unk_token: '[UNK]' },
    normalizer: { type: 'BertNormalizer', lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] },
    added_tokens: special.map((content, id) => ({ id, content, special: true })),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(tokenizer));
  const files = { read: async (path: string) => (path === 'tokenizer.json' ? bytes : undefined) };
  const context = { description, inputs: description.inputs, files };
  const content = new TextEncoder().encode(words.slice(-(TOKENS - 2)).join(' '));
  const started = performance.now();
  await text.load?.(context);
  console.log(`tokenizer of ${VOCABULARY} entries read in ${(performance.now() - started).toFixed(0)} ms, once`);
  return medianOf(async () => {
    const prepared = await text.prepare(await text.decode(content, 'text/plain', context), context);
    const [features] = prepared.features;
    if (features) text.fold({ input_ids: float32([1, TOKENS]) }, features);
  });
}

/** About 300 candidates above the threshold, in clusters, as an image with many objects has them. */
function detectionPath(): Promise<number> {
  const g = GraphBuilder.empty('detector');
  const x = g.input('images', 'float32', [1, 3, SIDE, SIDE]);
  const flat = g.reshape(x, [1, 3 * SIDE * SIDE]);
  const part = g.op('Slice', [flat, g.ints([0]), g.ints([CHANNELS * ANCHORS]), g.ints([1])]);
  const graph = g.build([g.named(g.reshape(part, [1, CHANNELS, ANCHORS]), 'output0')]);
  const names = Array.from({ length: CHANNELS - 4 }, (_, i) => `class ${i}`);
  const metadata = { task: 'detect', stride: '32', imgsz: `[${SIDE}, ${SIDE}]`, names: JSON.stringify(names) };
  const { description } = describe(graph, metadataFacts(metadata));
  const drawn = new Random(1).uniform((CHANNELS + 1) * ANCHORS);
  let at = 0;
  const next = (): number => drawn[at++ % drawn.length] as number;
  const head = float32([1, CHANNELS, ANCHORS]);
  for (let i = 0; i < ANCHORS; i++) {
    const cluster = i % 30;
    head.data[i] = 20 * cluster + 10 * next();
    head.data[ANCHORS + i] = 20 * cluster + 10 * next();
    head.data[2 * ANCHORS + i] = 40 + 10 * next();
    head.data[3 * ANCHORS + i] = 40 + 10 * next();
    for (let k = 4; k < CHANNELS; k++) head.data[k * ANCHORS + i] = 0.1 * next();
    if (i % 28 === 0) head.data[(4 + (cluster % 80)) * ANCHORS + i] = 0.3 + 0.6 * next();
  }
  return medianOf(() => objectDetection.read({ output0: head }, { description, metadata }));
}

const ms = (value: number): string => `${value.toFixed(2)} ms`;
console.log(`text of ${TOKENS} tokens: ${ms(await textPath())}`);
console.log(`head of ${ANCHORS} candidates: ${ms(await detectionPath())}`);
