/** Answers of the model to a changed input, beside the one that is explained. */
import { guarded } from './guarded.ts';
import { pngOf } from './image-input.ts';
import type { Input } from './input.ts';
import { cover } from './occlude.ts';
import { predictionOf } from './runs.ts';
import * as state from './state.ts';

/** Milliseconds that a change rests before the model is asked. */
const REST = 150;

let resting: ReturnType<typeof setTimeout> | undefined;
let asked = new AbortController();

/** Asks the model about a changed input, once the change rests; undefined takes the change back. */
export function ask(changed: (() => Promise<Pick<Input, 'blob' | 'extension'>>) | undefined): void {
  clearTimeout(resting);
  asked.abort();
  asked = new AbortController();
  const { signal } = asked;
  if (!changed) {
    state.changed.value = undefined;
    return;
  }
  resting = setTimeout(() => {
    void guarded(async () => {
      const { scores } = await predictionOf(await changed(), signal);
      if (!signal.aborted) state.changed.value = scores;
    });
  }, REST);
}

/** Covers a part of the image. */
export function occlude(region: state.Rectangle | undefined): void {
  state.region.value = region;
  const image = state.input.value?.image;
  const isEmpty = !region || !image || region.width < 1 || region.height < 1;
  ask(isEmpty ? undefined : async () => ({ blob: await pngOf(cover(image, region)), extension: '' }));
}
