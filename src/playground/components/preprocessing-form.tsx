import { useEffect, useRef } from 'preact/hooks';
import type { PreprocessingEntries } from '../../library/preprocessing-entries.ts';
import { showImage } from '../image-input.ts';
import { editOwn } from '../own-model.ts';
import { seenBy } from '../seen.ts';
import { input, model, own } from '../state.ts';
import { Select } from './select.tsx';

/** From bytes to values: one number, or one for each channel. */
type Convention = Readonly<Record<'scale' | 'mean' | 'std', number | readonly number[]>>;

/** Conventions that models are trained with. */
const PRESETS: Readonly<Record<string, Convention>> = {
  'ImageNet (torchvision)': { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  '-1 to 1 (TensorFlow)': { scale: 1 / 127.5, mean: 1, std: 1 },
  '0 to 1': { scale: 1 / 255, mean: 0, std: 1 },
  '0 to 255': { scale: 1, mean: 0, std: 1 },
};

/** Name of the convention in force; empty where the values are those of none. */
function conventionOf(settings: Partial<Convention> | undefined): string {
  const found = Object.entries(PRESETS).find(([, preset]) =>
    (['scale', 'mean', 'std'] as const).every((name) => isSame(settings?.[name], preset[name])),
  );
  return found?.[0] ?? '';
}

/** Compares numbers, or lists with a number for each channel; one number stands for all channels. */
function isSame(a: number | readonly number[] | undefined, b: number | readonly number[] | undefined): boolean {
  const [first, second] = [[a ?? Number.NaN].flat(), [b ?? Number.NaN].flat()];
  const length = Math.max(first.length, second.length);
  const at = (list: readonly number[], i: number) => list[list.length === 1 ? 0 : i] ?? Number.NaN;
  return Array.from({ length }, (_, i) => Math.abs(at(first, i) - at(second, i))).every((gap) => gap < 1e-6);
}

/** From an image to the input of the model, with a preview of what the model sees. */
export function PreprocessingForm() {
  const settings = model.value?.preprocessing;
  const change = (entries: PreprocessingEntries): void => {
    const { edits } = own.value ?? {};
    void editOwn({ ...edits, preprocessing: { ...settings, ...edits?.preprocessing, ...entries } });
  };
  const convention = conventionOf(settings);
  return (
    <fieldset class="preprocessing">
      <legend>What the model sees</legend>
      <Preview />
      <label class="stacked">
        Values of pixels
        <select
          value={convention}
          onChange={({ currentTarget: { value } }) => {
            const preset = PRESETS[value];
            if (preset) change(preset);
          }}
        >
          {convention === '' && <option value="">values of its own; choose a convention …</option>}
          {Object.keys(PRESETS).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <details>
        <summary>Details</summary>
        <Numbers name="scale" values={[settings?.scale ?? 1 / 255]} change={([scale]) => change({ scale })} />
        <Numbers name="mean" values={[settings?.mean ?? 0].flat()} change={(mean) => change({ mean })} />
        <Numbers name="std" values={[settings?.std ?? 1].flat()} change={(std) => change({ std })} />
        <label class="stacked">
          Size, height and width
          <input
            type="text"
            value={settings?.size.join(' × ') ?? ''}
            placeholder="224 × 224"
            onChange={({ currentTarget: { value } }) => {
              const size = value
                .split(/[^\d]+/)
                .filter(Boolean)
                .map(Number);
              if (size.length === 2) change({ size });
            }}
          />
        </label>
        <Select
          class="stacked"
          label="Resizing"
          value={settings?.resize.mode ?? 'exact'}
          options={{ exact: 'to the size', shortest_side: 'shorter side, then crop', fit: 'fit, with a border' }}
          set={(mode) => change({ resize: { mode } })}
        />
        <Select
          class="stacked"
          label="Channels"
          value={settings?.color ?? 'RGB'}
          options={{ RGB: 'red, green, blue', BGR: 'blue, green, red', gray: 'grey' }}
          set={(color) => change({ color })}
        />
      </details>
    </fieldset>
  );
}

/** The image as the model gets it, and the range of its values. */
function Preview() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const image = input.value?.image;
  const settings = model.value?.preprocessing;
  const seen = image && settings && seenBy(image, settings);
  useEffect(() => {
    if (seen) showImage(canvas.current, seen.image);
  }, [seen]);
  if (!seen) return <p class="hint">Choose an image, and the preview shows it as the model gets it.</p>;
  const [low, high] = [seen.low, seen.high].map((value) => value.toFixed(2));
  return (
    <figure class="preview">
      <canvas ref={canvas} role="img" aria-label="The image as the model gets it" />
      <figcaption class="hint">
        {seen.image.width} × {seen.image.height} pixels, values {low} to {high}
      </figcaption>
    </figure>
  );
}

function Numbers(props: {
  readonly name: string;
  readonly values: readonly number[];
  readonly change: (values: number[]) => void;
}) {
  return (
    <label class="stacked">
      {props.name}
      <input
        type="text"
        inputMode="decimal"
        value={props.values.map((value) => Number(value.toPrecision(6))).join(', ')}
        onChange={({ currentTarget: { value } }) => {
          const numbers = value
            .split(/[\s,;]+/)
            .filter(Boolean)
            .map(numberOf);
          if (numbers.length > 0 && numbers.every(Number.isFinite)) props.change(numbers);
        }}
      />
    </label>
  );
}

/** A number, or a fraction such as 1/255. */
function numberOf(text: string): number {
  const [above, below = '1'] = text.split('/');
  return Number(above) / Number(below);
}
