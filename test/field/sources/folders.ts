/** Complete folders of trained Hugging Face models: `expected.json` with texts or images and what they must give. */
import type { TaskId } from '../../../src/core/model/description.ts';
import type { ExpectedImage, ExpectedText } from '../expectation.ts';
import type { Source } from './source.ts';

interface TrainedModel {
  readonly task: string;
  readonly inputs: readonly string[];
  readonly explained_input?: string;
  readonly output: string;
  readonly class_axis: number;
  readonly texts?: readonly ExpectedText[];
  readonly pictures?: readonly ExpectedImage[];
}

const TASKS: Readonly<Record<string, TaskId>> = {
  'text-classification': 'classification',
  'token-classification': 'token_classification',
  'image-classification': 'classification',
};

export const trainedFolders: Source = async ({ folder, content, files }) => {
  if (!('texts' in content || 'pictures' in content)) return undefined;
  const { task, inputs, explained_input: explained = inputs[0], ...it } = content as unknown as TrainedModel;
  if (!files.includes('onnx/model.onnx')) return undefined;
  const tasks = TASKS[task];
  return [
    {
      name: '.',
      file: folder,
      folder,
      expected: {
        open: 'yes',
        inputs: inputs.map((name) => ({
          name,
          dtype: name === 'pixel_values' ? 'float32' : 'int64',
          role: name === explained ? 'explained' : 'fixed',
          batch_axis: 0,
        })),
        output: it.output,
        class_axis: it.class_axis,
        ...(tasks && { tasks: [tasks] }),
        ...(it.texts && { texts: it.texts }),
        ...(it.pictures && { images: it.pictures }),
      },
    },
  ];
};
