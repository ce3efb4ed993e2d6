/**
 * CenterFace: a heat map of centres `[N, 1, h, w]`, the logarithms of height and width `[N, 2, h, w]`, offsets y and x of
 * the centre within its cell `[N, 2, h, w]`, and landmarks `[N, 10, h, w]` (y and x in shares of the box).
 * @see https://arxiv.org/abs/1911.03599
 */
import { isFloat, isImageInput, type TensorFact } from '../../description.ts';
import { type DetectionFormat, defineFormat } from '../format.ts';
import type { Head } from '../head.ts';
import { rowOf } from '../rows.ts';

interface CenterMapFormat extends DetectionFormat {
  readonly id: 'center_map';
  readonly heat: string;
  readonly sizes: string;
  readonly offsets: string;
  readonly landmarks: string;
}

export const centerMap = defineFormat<CenterMapFormat>({
  id: 'center_map',
  recognise({ inputs, outputs, labels }) {
    const maps = outputs.filter((fact) => isFloat(fact) && fact.shape.length === 4);
    const channels = maps.map(({ shape }) => shape[1]);
    const alike = maps.every(({ shape }) => shape[2] === maps[0]?.shape[2] && shape[3] === maps[0]?.shape[3]);
    if (channels.join() !== '1,2,2,10' || !alike || !inputs.some(isImageInput)) return undefined;
    const [heat, sizes, offsets, landmarks] = maps.map(({ name }: TensorFact) => name) as [
      string,
      string,
      string,
      string,
    ];
    const format = { id: 'center_map' as const, heat, sizes, offsets, landmarks, labels: labels ?? ['face'] };
    return { evidence: 0.9, doubts: [], format };
  },
  defaults: () => ({ threshold: 0.3, overlap: 0.3, max: 300, clip: true }),
  read(format, outputs, size, row) {
    const [heat, sizes, offsets, landmarks] = [format.heat, format.sizes, format.offsets, format.landmarks].map(
      (name) => rowOf(outputs, name, row),
    ) as [Numbers, Numbers, Numbers, Numbers];
    const [, , columns = 1] = heat.dims;
    const count = heat.data.length;
    const stride = size.width / columns;
    const boxOf = (cell: number): [number, number, number, number] => {
      const [height, width] = [0, 1].map((c) => Math.exp(sizes.data[c * count + cell] as number) * stride) as [
        number,
        number,
      ];
      const [dy, dx] = [0, 1].map((c) => offsets.data[c * count + cell] as number) as [number, number];
      const x0 = Math.max(0, ((cell % columns) + dx + 0.5) * stride - width / 2);
      const y0 = Math.max(0, (Math.floor(cell / columns) + dy + 0.5) * stride - height / 2);
      return [x0, y0, width, height];
    };
    const head: Head = {
      count,
      first: 0,
      scores: { output: format.heat, data: heat.data, start: 0, step: 1, stride: count, classes: 1 },
      source: (cell) => ({
        elements: [
          { output: format.offsets, index: count + cell },
          { output: format.offsets, index: cell },
          { output: format.sizes, index: count + cell },
          { output: format.sizes, index: cell },
        ],
        form: 'centre',
        shift: [(cell % columns) + 0.5, Math.floor(cell / columns) + 0.5],
        scale: [stride, stride],
        isLog: true,
      }),
      box(cell, out, at) {
        const [x0, y0, width, height] = boxOf(cell);
        out.set([x0, y0, Math.min(x0 + width, size.width), Math.min(y0 + height, size.height)], at);
      },
      keypoints(cell) {
        const [x0, y0, width, height] = boxOf(cell);
        return Array.from({ length: 5 }, (_, i) => [
          x0 + (landmarks.data[(2 * i + 1) * count + cell] as number) * width,
          y0 + (landmarks.data[2 * i * count + cell] as number) * height,
          1,
        ]);
      },
    };
    return { heads: [head] };
  },
});

type Numbers = ReturnType<typeof rowOf>;
