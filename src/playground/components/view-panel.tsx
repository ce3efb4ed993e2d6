import { colormaps } from '../../core/image/colormap.ts';
import { DEFAULT_VIEW, type View, view, zoom } from '../state.ts';
import { Select } from './select.tsx';

const CHOICES = {
  type: { heatmap: 'heat map', pixels: 'pixels', outlines: 'outlines', masked: 'mask' },
  polarity: { positive: 'for', negative: 'against', both: 'both' },
  overlay: { original: 'image', grayscale: 'grey image', mask_black: 'black', none: 'nothing' },
} as const;

/** Controls for drawing maps. None of them calls the server. */
export function ViewPanel() {
  const set = (change: Partial<View>) => {
    view.value = { ...view.value, ...change };
  };
  const { type, polarity, colormap, opacity, overlay, clip, swipe } = view.value;
  return (
    <details class="view" open={!matchMedia('(max-width: 60rem)').matches}>
      <summary>How maps are drawn</summary>
      <div class="fields">
        <Select label="Drawn as" value={type} options={CHOICES.type} set={(type) => set({ type })} />
        <Select label="Evidence" value={polarity} options={CHOICES.polarity} set={(polarity) => set({ polarity })} />
        <label>
          Colours
          <select value={colormap} onChange={({ currentTarget }) => set({ colormap: currentTarget.value })}>
            {['auto', ...colormaps].map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <Select label="Over" value={overlay} options={CHOICES.overlay} set={(overlay) => set({ overlay })} />
        <Slider
          label="Opacity"
          unit="%"
          value={Math.round(opacity * 100)}
          min={0}
          max={100}
          set={(it) => set({ opacity: it / 100 })}
        />
        <Slider label="Clip" unit=" %" value={clip} min={50} max={100} step={0.1} set={(clip) => set({ clip })} />
        <Slider label="Swipe" unit="%" value={swipe} min={0} max={100} set={(swipe) => set({ swipe })} />
        <Slider
          label="Zoom"
          unit="×"
          value={zoom.value.scale}
          min={1}
          max={8}
          step={0.25}
          set={(scale) =>
            (zoom.value = { scale, x: zoom.value.x * (scale > 1 ? 1 : 0), y: zoom.value.y * (scale > 1 ? 1 : 0) })
          }
        />
        <button
          type="button"
          class="plain"
          onClick={() => {
            view.value = DEFAULT_VIEW;
            zoom.value = { scale: 1, x: 0, y: 0 };
          }}
        >
          Reset
        </button>
      </div>
    </details>
  );
}

function Slider(props: {
  readonly label: string;
  readonly unit: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  readonly set: (value: number) => void;
}) {
  const { label, unit, value, min, max, step = 1, set } = props;
  return (
    <label>
      <span>
        {label}{' '}
        <span class="amount" aria-hidden="true">
          {value}
          {unit}
        </span>
      </span>
      <input
        type="range"
        {...{ min, max, step, value }}
        aria-valuetext={`${value}${unit}`}
        onInput={({ currentTarget }) => set(currentTarget.valueAsNumber)}
      />
    </label>
  );
}
