import type { TargetedMouseEvent } from 'preact';
import type { Prediction } from '../../core/task/task.ts';
import { chooseTarget } from '../actions.ts';
import { input, occluding, predictions, predictionWords, targets, zoom } from '../state.ts';
import { Masks } from './masks.tsx';

/** Boxes that are drawn at most: detectors may find hundreds. */
const MAX_BOXES = 50;

/** Boxes and masks of predictions over the image. A click on a box explains it, or its key point beside the click. */
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
      {found.map(({ box, keypoints }, i) => {
        if (!box) return null;
        const [left, top, right, bottom] = box;
        const target = `box:${i}`;
        return (
          <button
            key={i}
            type="button"
            class="box"
            aria-pressed={targets.value.some((one) => one === target || one.startsWith(`${target}/`))}
            aria-label={`Explain ${predictionWords(i)}`}
            title={`Explain ${predictionWords(i)}`}
            style={{
              left: share(left, image.width),
              top: share(top, image.height),
              width: share(right - left, image.width),
              height: share(bottom - top, image.height),
            }}
            onClick={(event) => void chooseTarget(target + keypointAt(event, box, keypoints))}
          >
            <span>{predictionWords(i)}</span>
          </button>
        );
      })}
    </div>
  );
}

/** Largest distance of a click from the key point that is meant, in longer sides of the box. */
const REACH = 0.04;

/** The part of a target that names the key point beside a click on a box; empty where there is none with a score. */
function keypointAt(
  { clientX, clientY, detail, currentTarget }: TargetedMouseEvent<HTMLButtonElement>,
  [left, top, right, bottom]: NonNullable<Prediction['box']>,
  keypoints: Prediction['keypoints'] = [],
): string {
  // Models without scores of key points give 1 for each of them; a click by the keyboard has no place.
  if (detail === 0 || keypoints.every(([, , score]) => score === 1)) return '';
  const drawn = currentTarget.getBoundingClientRect();
  const x = left + ((clientX - drawn.left) / drawn.width) * (right - left);
  const y = top + ((clientY - drawn.top) / drawn.height) * (bottom - top);
  const distances = keypoints.map(([px, py]) => Math.hypot(px - x, py - y));
  const smallest = Math.min(...distances);
  if (smallest > REACH * Math.max(right - left, bottom - top)) return '';
  return `/keypoint:${distances.indexOf(smallest)}`;
}
