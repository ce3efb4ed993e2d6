/**
 * Reads reference attributions of models of tables: `<name>.json` beside `<name>.onnx`, with rows, background rows and
 * explanations, each [rows, columns, classes].
 */

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { Model } from '../../src/core/model/model.ts';
import { float32, type Tensor } from '../../src/core/tensor/tensor.ts';
import { isTreeEnsemble } from '../../src/core/trees/read.ts';
import { type Comparison, type Example, type Recipe, skipped } from './comparison.ts';
import { readFiles } from './folder.ts';

/** Relative to the largest value, or absolute below 1: the files compute in float32. */
const TOLERANCE = 1e-5;

/** Models whose rows lie on thresholds, where the SHAP package goes another way than the model: the definition counts. */
const SHAP_ERRS = new Set(['iris_forest.onnx', 'diabetes_forest.onnx']);

const matrix = z.array(z.array(z.number()));

const tableSchema = z.looseObject({
  model: z.string(),
  input: z.string(),
  rows: matrix,
  background: matrix,
  onnxruntime: z.record(z.string(), z.unknown()),
  explanations: z.array(
    z.looseObject({ explainer: z.string(), explains: z.string(), background: z.string(), values: z.array(matrix) }),
  ),
});

type Table = z.output<typeof tableSchema>;
type Entry = Table['explanations'][number];

const isTable = (value: unknown): boolean => typeof value === 'object' && value !== null && 'explanations' in value;

/** Every explanation of every table in the folder itself, in the order of names. */
export const readTables = (folder: string): Promise<Comparison[]> =>
  readFiles(folder, { schema: tableSchema, matches: isTable, read: readTable });

async function readTable(path: string, table: Table): Promise<Comparison[]> {
  let model: Promise<Model> | undefined;
  const load = () => (model ??= readFile(join(dirname(path), table.model)).then((bytes) => Model.read({ bytes })));
  const opened = await tryToOpen(load);
  return table.explanations.map((entry) => {
    const name = `${entry.explainer} of ${entry.explains} against ${entry.background}`;
    if (typeof opened === 'string') return skipped(table.model, name, opened);
    const trees = opened.graph.nodes.some(isTreeEnsemble);
    const reason = reasonToSkip(table, entry);
    if (reason !== undefined) return skipped(table.model, name, reason);
    return {
      model: table.model,
      entry: name,
      recipe: recipeOf(entry, trees, scoresOf(opened)),
      load,
      examples: async () => examplesOf(table, entry, opened),
      norm: 'scaled_max',
      tolerance: TOLERANCE,
    } satisfies Comparison;
  });
}

/** Tensor of the scores: what goes into ZipMap, which gives no tensor, else the output of numbers. */
function scoresOf({ graph }: Model): string {
  const zipMap = graph.nodes.find(({ op }) => op === 'ZipMap');
  const [name] =
    zipMap?.inputs ?? graph.outputs.flatMap((output) => (output.dtype.startsWith('float') ? [output.name] : []));
  return name ?? 'output';
}

/** The model, or the reason why it cannot be opened. */
async function tryToOpen(load: () => Promise<Model>): Promise<Model | string> {
  try {
    return await load();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function reasonToSkip({ model }: Table, { explainer, background: kind }: Entry): string | undefined {
  const ofShap = explainer.startsWith('shap.');
  if (explainer.includes('Partition')) return 'the coalitions of its tree, over all background rows, take hours';
  if (kind === 'tree_path_dependent') return 'the file has no counts of training rows';
  if (ofShap && SHAP_ERRS.has(model)) return 'shap misses values that lie on a threshold; the definition counts';
  return undefined;
}

const recipeOf = ({ explains }: Entry, trees: boolean, scores: string): Recipe =>
  trees
    ? { method: 'tree_shap', params: { model_output: explains === 'raw' ? 'raw' : 'probability' }, scores }
    : { method: 'shapley_exact', params: { feature_mask: 'none' }, scores };

/** One for each row and class; a single column of values for two classes explains class 1. */
function examplesOf({ input, rows, background }: Table, { values, background: kind }: Entry, model: Model): Example[] {
  const { scoreSize } = model.info({ scores: scoresOf(model) });
  const classes = values[0]?.[0]?.length ?? 0;
  return values.flatMap((columns, i) =>
    Array.from({ length: classes }, (_, k) => ({
      inputs: { [input]: matrixOf([rows[i] as number[]]) },
      baselines: { [input]: matrixOf(absentRows(background, kind)) },
      target: classes === 1 ? scoreSize - 1 : k,
      expected: {
        [input]: { dims: [1, columns.length], data: Float32Array.from(columns, (column) => column[k] as number) },
      },
    })),
  );
}

function absentRows(background: readonly (readonly number[])[], kind: string): readonly (readonly number[])[] {
  const [first = []] = background;
  if (kind === 'zeros') return [first.map(() => 0)];
  if (kind === 'rows') return background;
  return [first.map((_, j) => background.reduce((sum, row) => sum + (row[j] as number), 0) / background.length)];
}

const matrixOf = (rows: readonly (readonly number[])[]): Tensor<'float32'> =>
  float32([rows.length, rows[0]?.length ?? 0], rows.flat());
