/** Preprocessing that models of well-known data sets usually take, proposed where nothing states one. */
import type { Model } from '../core/model/model.ts';
import type { PreprocessingEntries } from './preprocessing-entries.ts';

export interface UsualPreprocessing {
  /** Sentence without its verb: why these values are proposed. */
  readonly reason: string;
  /** As flags of the command line. */
  readonly flags: string;
  readonly preprocessing: PreprocessingEntries;
}

interface Usual {
  readonly dataset: string;
  readonly layout: 'NCHW' | 'NHWC';
  readonly channels: number;
  /** Sides of the square input, in pixels. */
  readonly sides: readonly [min: number, max: number];
  readonly classes: readonly number[];
  readonly flags: string;
  readonly entries: PreprocessingEntries;
}

const IMAGENET = { sides: [128, 512], classes: [1000, 1001], channels: 3, dataset: 'ImageNet' } as const;

const USUAL: readonly Usual[] = [
  {
    ...IMAGENET,
    layout: 'NCHW',
    flags: '--resize shortest_side --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225',
    entries: { resize: { mode: 'shortest_side' }, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  },
  {
    ...IMAGENET,
    layout: 'NHWC',
    flags: '--resize shortest_side --scale 1/127.5 --mean 1',
    entries: { resize: { mode: 'shortest_side' }, scale: 1 / 127.5, mean: 1 },
  },
  ...(['NCHW', 'NHWC'] as const).flatMap((layout): Usual[] => [
    {
      dataset: 'CIFAR',
      layout,
      channels: 3,
      sides: [32, 32],
      classes: [10, 100],
      flags: '--resize exact --mean 0.4914,0.4822,0.4465 --std 0.247,0.2435,0.2616',
      entries: { resize: { mode: 'exact' }, mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
    },
    {
      dataset: 'MNIST',
      layout,
      channels: 1,
      sides: [28, 28],
      classes: [10],
      flags: '--resize exact --color gray --mean 0.1307 --std 0.3081',
      entries: { resize: { mode: 'exact' }, color: 'gray', mean: 0.1307, std: 0.3081 },
    },
  ]),
];

/** The usual preprocessing for the shapes of a model's first input and explained output; undefined for other shapes. */
export function usualPreprocessing(model: Model): UsualPreprocessing | undefined {
  const dims = model.graph.inputs[0]?.dims?.slice(1) ?? [];
  const shape = model.description.explained.shape.slice(1);
  const classes = shape.find((dim) => dim !== 1);
  if (dims.length !== 3 || typeof classes !== 'number') return undefined;
  const found = USUAL.find(({ layout, channels, sides: [min, max], classes: known }) => {
    const [count, height, width] = layout === 'NCHW' ? dims : [dims[2], dims[0], dims[1]];
    const isSide = (side: unknown) => typeof side === 'number' && side >= min && side <= max;
    return count === channels && isSide(height) && height === width && known.includes(classes);
  });
  if (!found) return undefined;
  const { dataset, flags, entries } = found;
  return {
    reason: `Its input is ${dims.join('x')} and it tells ${classes} classes apart, as models of ${dataset} do. These`,
    flags,
    preprocessing: entries,
  };
}
