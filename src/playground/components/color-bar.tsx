import { useMemo } from 'preact/hooks';
import { colormap } from '../../core/image/colormap.ts';
import type { MapValues } from '../answer.ts';
import { drawnRange, drawnWith } from '../draw.ts';
import { view } from '../state.ts';

/** The colours of a map, and the values that they stand for. */
export function ColorBar({ map, target }: { readonly map: MapValues; readonly target: string }) {
  const settings = view.value;
  const { high } = useMemo(() => drawnRange(map, settings), [map, settings.type, settings.polarity, settings.clip]);
  if (settings.type === 'masked') return null;
  const table = colormap(drawnWith(settings));
  const colors = Array.from({ length: STOPS }, (_, i) => {
    const at = Math.round((i / (STOPS - 1)) * 255) * 3;
    return `rgb(${table[at]} ${table[at + 1]} ${table[at + 2]})`;
  });
  const both = settings.polarity === 'both';
  const sign = settings.polarity === 'negative' ? -1 : 1;
  return (
    <div class="color-bar">
      <span>{both ? `${short(-high)} against` : '0'}</span>
      <span class="ramp" aria-hidden="true" style={{ background: `linear-gradient(to right, ${colors.join(', ')})` }} />
      <span>
        {short(sign * high)} {sign < 0 ? 'against' : 'for'} {target}
      </span>
    </div>
  );
}

const STOPS = 12;

const short = (value: number): string =>
  value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(2)));
