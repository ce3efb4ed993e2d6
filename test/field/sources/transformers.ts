/** Folders of transformers models: `expected.json` with an explained input, `onnx/*.onnx`, arrays as `in_*` and `out_*`. */
import { join } from 'node:path';
import type { TaskId } from '../../../src/core/model/description.ts';
import type { Expectation, ExpectedInput } from '../expectation.ts';
import { readJson } from '../read-json.ts';
import type { Source } from './source.ts';

interface TransformersModel {
  readonly task: string;
  readonly explained_input: string;
  readonly inputs: Readonly<Record<string, { readonly dtype: string }>>;
  readonly outputs: Readonly<Record<string, readonly number[]>>;
  readonly batch_axis: number;
  readonly class_axis: number | null;
  readonly labels: readonly string[] | null;
  readonly target: { readonly output: string; readonly index: readonly number[] };
}

/** Tasks of the Hub, as whylight calls them. */
const TASKS: Readonly<Record<string, readonly TaskId[]>> = {
  'feature-extraction': ['similarity'],
  'image-feature-extraction': ['similarity'],
  'zero-shot-image-classification': ['similarity', 'classification'],
  'token-classification': ['token_classification'],
  'question-answering': ['question_answering'],
  'fill-mask': ['fill_mask'],
  'text-generation': ['next_token'],
  'image-classification': ['classification'],
  'audio-classification': ['classification'],
  'image-segmentation': ['segmentation'],
  'object-detection': ['object_detection'],
  'depth-estimation': ['depth'],
  'automatic-speech-recognition': ['token_classification', 'next_token'],
};

const PROBLEMS: Readonly<Record<string, TaskId>> = {
  regression: 'regression',
  multi_label_classification: 'multi_label',
};

export const transformersCases: Source = async ({ folder, content, files }) => {
  if (!('explained_input' in content && 'target' in content)) return undefined;
  const it = content as unknown as TransformersModel;
  const config = await readJson(join(folder, 'config.json'));
  const problem = PROBLEMS[String(config.problem_type)] ?? 'classification';
  const tasks = TASKS[it.task] ?? (it.task === 'text-classification' ? [problem] : undefined);
  const models = files.filter((path) => /^onnx\/[^/]+\.onnx$/.test(path));
  return models.map((name) => ({
    name,
    file: join(folder, name),
    folder,
    family: ['transformers', String(config.model_type)],
    form: name.includes('script') ? 'script' : 'dynamo',
    expected: { ...expectationOf(it), ...(tasks && { tasks }) },
  }));
};

function expectationOf(it: TransformersModel): Expectation {
  return {
    open: 'yes',
    explain: 'yes',
    inputs: Object.entries(it.inputs).map(
      ([name, { dtype }]): ExpectedInput => ({
        name,
        dtype,
        role: name === it.explained_input ? 'explained' : ['fixed', 'state'],
        ...(name === it.explained_input && { modality: modalityOf(name) }),
        fill: { kind: 'npy', file: `in_${name}.npy` },
      }),
    ),
    output: it.target.output,
    class_axis: it.class_axis,
    // LABEL_0 and so on are what transformers writes where nobody gave names.
    ...(it.labels && !it.labels.includes('LABEL_0') && { label_names: it.labels }),
    arrays: Object.keys(it.outputs).map((output) => ({ output, file: `out_${output}.npy` })),
    gradient_array: {
      input: it.explained_input,
      file: 'gradient.npy',
      output: it.target.output,
      index: it.target.index,
    },
  };
}

function modalityOf(input: string): string | readonly string[] {
  if (input === 'input_ids') return 'text';
  return input === 'pixel_values' ? 'image' : ['audio', 'series'];
}
