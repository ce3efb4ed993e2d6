import { chooseTarget } from '../actions.ts';
import { input, occluding, predictions, predictionWords, targets, zoom } from '../state.ts';
import { Masks } from './masks.tsx';

/** Boxes that are drawn at most: detectors may find hundreds. */
const MAX_BOXES = 50;

/** Boxes and masks of predictions over the image. A click on a box explains it. */
export function Boxes() {
  const image = input.value?.image;
  const found = predictions.value?.slice(0, MAX_BOXES) ?? [];
  if (!image || !found.some(({ box, mask }) => box || mask)) return null;
  // Places are in pixels of what was sent, which may be larger than what is drawn.
  const scale = image.width / (input.value as { readonly sentWidth: number }).sentWidth;
  const { scale: zoomed, x, y } = zoom.value;
  const share = (length: number, whole: number) => `${((length * scale) / whole) * 100}%`;
  return (
    <div
      class={`boxes ${occluding.value ? 'inert' : ''}`}
      style={{ transform: `translate(${x * 100}%, ${y * 100}%) scale(${zoomed})` }}
    >
      <Masks />
      {found.map(({ box }, i) => {
        if (!box) return null;
        const [left, top, right, bottom] = box;
        const target = `box:${i}`;
        return (
          <button
            key={i}
            type="button"
            class="box"
            aria-pressed={targets.value.includes(target)}
            aria-label={`Explain ${predictionWords(i)}`}
            title={`Explain ${predictionWords(i)}`}
            style={{
              left: share(left, image.width),
              top: share(top, image.height),
              width: share(right - left, image.width),
              height: share(bottom - top, image.height),
            }}
            onClick={() => void chooseTarget(target)}
          >
            <span>{predictionWords(i)}</span>
          </button>
        );
      })}
    </div>
  );
}
