/** A folder of a text model as transformers.js and Optimum lay it out, with a network that is worked out by hand. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import type { Graph } from '../../src/core/onnx/graph.ts';
import { write } from '../../src/core/onnx/write.ts';
import { bertDescription } from '../modalities/text/small-tokenizers.ts';

/** Value of each token for POSITIVE, by its id; padding and special tokens count, too. */
export const TOKEN_VALUES = [0.5, 0, 0.25, -0.25, 0, 0, 0, 0, 3, 0, -1, -3, 0.125, 0, 0, 0, 0, 0];

/** Scores are sums over tokens: NEGATIVE of the negative values, POSITIVE of {@link TOKEN_VALUES}. */
export function sumOfTokens(): Graph {
  const g = GraphBuilder.empty('words');
  const ids = g.input('input_ids', 'int64', ['batch', 'tokens']);
  const mask = g.input('attention_mask', 'int64', ['batch', 'tokens']);
  const table = g.constant(
    'float32',
    [TOKEN_VALUES.length, 2],
    TOKEN_VALUES.flatMap((value) => [-value, value]),
  );
  const embedded = g.op('Gather', [table, ids]);
  const seen = g.op('Unsqueeze', [g.op('Cast', [mask], { to: 1 }), g.constant('int64', [1], [2])]);
  const masked = g.op('Mul', [embedded, seen]);
  const sums = g.op('ReduceSum', [masked, g.constant('int64', [1], [1])], { keepdims: 0 });
  return g.build([g.named(sums, 'logits')]);
}

/** @returns path of the folder, which the caller removes */
export function makeTextFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'whylight-text-'));
  const json = (name: string, content: object) => writeFileSync(join(folder, name), JSON.stringify(content));
  json('config.json', {
    architectures: ['BertForSequenceClassification'],
    model_type: 'bert',
    id2label: { 0: 'NEGATIVE', 1: 'POSITIVE' },
  });
  json('tokenizer.json', bertDescription);
  json('special_tokens_map.json', { pad_token: '[PAD]', cls_token: '[CLS]', sep_token: '[SEP]', unk_token: '[UNK]' });
  mkdirSync(join(folder, 'onnx'));
  writeFileSync(join(folder, 'onnx', 'model.onnx'), write(sumOfTokens()).graph);
  return folder;
}
