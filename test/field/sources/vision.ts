/** Exports of timm and torchvision: `expected.json` with an `architecture`, arrays of inputs, logits and gradients. */
import { join } from 'node:path';
import type { Source } from './source.ts';

interface VisionModel {
  readonly architecture: string;
  readonly exporter: string;
  readonly inputs: readonly { readonly name: string; readonly modality: string; readonly layout: string }[];
  readonly outputs: readonly { readonly class_axis: number }[];
  readonly targets: readonly object[];
  readonly floor: readonly number[];
  readonly logits_floor: readonly number[];
}

export const visionCases: Source = async ({ folder, content, files }) => {
  if (!('architecture' in content && 'exporter' in content)) return undefined;
  const { architecture, exporter, inputs, outputs, floor, logits_floor } = content as unknown as VisionModel;
  const [input] = inputs;
  const file = join(folder, 'model.onnx');
  if (!input || !files.includes('model.onnx')) return undefined;
  const isImage = input.modality === 'image';
  return [
    {
      name: 'model.onnx',
      file,
      folder,
      family: [architecture.startsWith('tv/') ? 'torchvision' : 'timm', architecture.replace(/^tv\//, '')],
      form: exporter,
      expected: {
        open: 'yes',
        explain: 'yes',
        inputs: [
          {
            name: input.name,
            dtype: 'float32',
            role: 'explained',
            batch_axis: 0,
            // A video is no image: any modality that does not claim so is right.
            ...(isImage && { modality: 'image', layout: input.layout }),
            fill: { kind: 'npy', file: 'input.npy' },
          },
        ],
        ...(outputs[0] && { class_axis: outputs[0].class_axis }),
        arrays: [{ output: 0, file: 'logits.npy', floor: logits_floor }],
        gradient_array: { input: input.name, file: 'gradient.npy', output: 0, floor },
      },
    },
  ];
};
