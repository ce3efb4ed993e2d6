import { occluding, region } from '../state.ts';
import { occlude } from '../what-if.ts';
import { BeforeAfter } from './before-after.tsx';

/** Covering a region by hand: what becomes of the prediction without it. */
export const Occlusion = () => (
  <section class="occlusion" aria-labelledby="occlusion-title">
    <h2 id="occlusion-title">Cover a region</h2>
    <div class="row">
      <button
        type="button"
        aria-pressed={occluding.value}
        onClick={() => {
          occluding.value = !occluding.value;
          if (!occluding.value) occlude(undefined);
          // Where the page is short, the button is below the maps.
          else document.querySelector('#maps .map')?.scrollIntoView({ block: 'nearest' });
        }}
      >
        {occluding.value ? 'Stop covering' : 'Draw a region'}
      </button>
      {region.value && (
        <button type="button" onClick={() => occlude(undefined)}>
          Uncover
        </button>
      )}
    </div>
    <p class="hint">
      {occluding.value
        ? 'Drag a rectangle over any of the maps, or focus one and use the arrow keys (with Shift to change the size).'
        : 'What does the model say when it cannot see a part of the image?'}
    </p>
    <BeforeAfter after="Covered" />
  </section>
);
