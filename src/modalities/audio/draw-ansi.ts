/** A sound with its attribution for a terminal. */
import { ansiBackground, attributionColor, attributionScale } from '../../core/modality/colors.ts';
import { barLines } from '../../core/modality/feature-list.ts';
import type { Drawing } from '../../core/modality/modality.ts';
import { drawSeriesAnsi } from '../series/draw-ansi.ts';
import { extent } from '../series/draw-parts.ts';
import { asSeries } from './draw-svg.ts';
import type { AudioView, Spectrogram } from './view.ts';

const COLUMNS = 72;
/** Features that are listed with a bar. */
const LISTED = 5;
/** Little to much energy. Denser characters would hide the colour behind them. */
const SHADES = ' ·░▒';

/** Lines of text with 24-bit colours: the envelope of a waveform, or a line for each stretch of frequency. */
export function drawAudioAnsi(drawing: Drawing<AudioView>): string {
  const { view, features, values, title, signed } = drawing;
  if (!view.spectrogram) return drawSeriesAnsi({ ...drawing, view: envelope(view) });
  const groups = features.groups ?? [''];
  const scale = attributionScale(values);
  const width = Math.max(...groups.map((name) => name.length));
  const seconds = view.samples.length / view.sampleRate;
  const columns = Math.min(COLUMNS, view.spectrogram.frames);
  const lines = groups.map((name, group) => {
    const shades = energyLine(view.spectrogram as Spectrogram, group, groups.length, columns);
    const cells = shades.map((shade, column) => {
      const time = ((column + 0.5) * seconds) / columns;
      const found = features.list.findIndex(
        ({ start = 0, end = 0, group: own = 0 }) => own === group && start <= time && time < end,
      );
      return ansiBackground(shade, attributionColor(found < 0 ? 0 : (values[found] as number) / scale));
    });
    return `${name.padStart(width)} ${cells.join('')}`;
  });
  const axis = `${' '.repeat(width + 1)}0 ${`${Number(seconds.toFixed(2))} s`.padStart(columns - 2)}`;
  const names = features.list.map(({ name }) => name);
  const list = barLines(names, values, { count: LISTED, signed });
  return [...(title ? [title] : []), ...lines.reverse(), axis, ...list].join('\n');
}

/** Magnitudes of the waveform, whose mean would be a flat line. */
function envelope(view: AudioView) {
  const series = asSeries(view);
  return { ...series, values: series.values.map(Math.abs) };
}

function energyLine({ values, frames, bands }: Spectrogram, group: number, groups: number, columns: number): string[] {
  const [low, high] = extent(values);
  const [from, to] = [Math.round((group * bands) / groups), Math.round(((group + 1) * bands) / groups)];
  return Array.from({ length: columns }, (_, column) => {
    const first = Math.floor((column * frames) / columns);
    const last = Math.max(first + 1, Math.floor(((column + 1) * frames) / columns));
    let sum = 0;
    for (let t = first; t < last; t++) for (let f = from; f < to; f++) sum += values[t * bands + f] as number;
    const part = (sum / ((last - first) * (to - from)) - low) / (high - low);
    return SHADES[Math.min(SHADES.length - 1, Math.floor(part * SHADES.length))] as string;
  });
}
