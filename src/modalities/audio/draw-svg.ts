/** A sound with its attribution as SVG: the waveform over coloured windows, or the spectrogram under coloured patches. */
import { colormap } from '../../core/image/colormap.ts';
import { attributionColor, attributionScale, hex, signedNumber } from '../../core/modality/colors.ts';
import type { Drawing, Feature } from '../../core/modality/modality.ts';
import { type Markup, svg, svgDocument } from '../../core/modality/svg.ts';
import { type Box, bottomAxis, colorBar, curve, curvePath, extent, FRAME, MUTED } from '../series/draw-parts.ts';
import { drawSeriesSvg, heading, strongest } from '../series/draw-svg.ts';
import { atRate, type Series } from '../series/series.ts';
import { base64 } from './base64.ts';
import { indexedPng } from './indexed-png.ts';
import type { AudioView, Spectrogram } from './view.ts';

const WIDTH = 880;
const LEFT = 62;
const RIGHT = 84;
const TOP = 58;
const WAVE = { y: TOP, height: 70 };
const SPECTROGRAM = { y: TOP + 80, height: 260 };
/** Pixels along time of the spectrogram's image, at most. */
const MAX_COLUMNS = 700;
/** Steps of grey, of 255, from silence to the loudest place: black would hide the colours on it. */
const DARKEST = 170;
/** Opacity of the strongest patch over the spectrogram. */
const COVER = 0.7;

/** SVG of one clip. Blue windows or patches speak against the target, red ones for it. */
export function drawAudioSvg(drawing: Drawing<AudioView>): string {
  const { view, features, values, title = 'Sound', signed } = drawing;
  const { spectrogram } = view;
  if (!spectrogram) return drawSeriesSvg({ ...drawing, view: asSeries(view), title });
  const scale = attributionScale(values);
  const wave = { x: LEFT, width: WIDTH - LEFT - RIGHT, ...WAVE };
  const plot = { x: LEFT, width: WIDTH - LEFT - RIGHT, ...SPECTROGRAM };
  const seconds = view.samples.length / view.sampleRate;
  const samples = Float64Array.from(view.samples);
  const bottom = plot.y + plot.height;
  return svgDocument(
    { width: WIDTH, height: bottom + 44, title: `${title}: ${strongest(features.list, values)}` },
    heading(title, `strongest: ${strongest(features.list, values)}`),
    svg('rect', { ...wave, fill: 'none', stroke: FRAME }),
    curve(curvePath(samples, wave, extent(samples)), samples.length),
    image(spectrogram, { ...plot, width: (plot.width * spectrogram.frames * spectrogram.hop) / seconds }, plot),
    features.list.map((feature, i) => patch(drawing, feature, values[i] as number, scale, seconds, plot)),
    svg('rect', { ...plot, fill: 'none', stroke: FRAME }),
    frequencyAxis(spectrogram, plot),
    bottomAxis(plot, 0, seconds, 'time (s)'),
    colorBar({ x: WIDTH - RIGHT + 24, y: plot.y, height: 220 }, scale, signed),
  );
}

/** The samples as a series of one channel. */
export const asSeries = ({ samples, sampleRate }: AudioView): Series => ({
  channels: ['sound'],
  steps: samples.length,
  values: Float64Array.from(samples),
  time: atRate(sampleRate),
  named: false,
  notes: [],
});

/** The spectrogram in grey, dark where there is energy; its frames may reach beyond the end of the clip. */
function image({ values, frames, bands }: Spectrogram, box: Box, clip: Box): Markup {
  const columns = Math.min(frames, MAX_COLUMNS);
  const [low, high] = extent(values);
  const indices = new Uint8Array(columns * bands);
  for (let x = 0; x < columns; x++) {
    const from = Math.floor((x * frames) / columns);
    const to = Math.floor(((x + 1) * frames) / columns);
    for (let f = 0; f < bands; f++) {
      let sum = 0;
      for (let t = from; t < to; t++) sum += values[t * bands + f] as number;
      indices[(bands - 1 - f) * columns + x] = Math.round(255 - (DARKEST * (sum / (to - from) - low)) / (high - low));
    }
  }
  const png = indexedPng(columns, bands, indices, colormap('gray'));
  const href = `data:image/png;base64,${base64(png)}`;
  const place = { x: box.x, y: box.y, width: Math.min(box.width, clip.width), height: box.height };
  return svg('image', { ...place, href, preserveAspectRatio: 'none', style: 'image-rendering:auto' });
}

function patch(
  { features, view }: Drawing<AudioView>,
  { name, start = 0, end = 0, group = 0 }: Feature,
  value: number,
  scale: number,
  seconds: number,
  box: Box,
): Markup | false {
  if (value === 0) return false;
  const groups = features.groups?.length ?? 1;
  const bands = view.spectrogram?.bands ?? 1;
  // The same rounding as where the bands were cut.
  const edge = (i: number) => box.y + box.height * (1 - Math.round((i * bands) / groups) / bands);
  const x = box.x + (start / seconds) * box.width;
  const right = box.x + Math.min(1, end / seconds) * box.width;
  const part = value / scale;
  return svg(
    'rect',
    {
      x,
      y: edge(group + 1),
      width: right - x,
      height: edge(group) - edge(group + 1),
      fill: hex(attributionColor(Math.sign(part))),
      'fill-opacity': COVER * Math.abs(part),
    },
    svg('title', {}, `${name}: ${signedNumber(value)}`),
  );
}

/** Frequencies at round numbers, where the bands have them. */
function frequencyAxis({ boundaries, bands }: Spectrogram, box: Box): Markup {
  const label = (position: number, text: string) =>
    svg('text', { x: box.x - 6, y: box.y + box.height * (1 - position) + 4 }, text);
  const style = { 'font-size': 11, fill: MUTED, 'text-anchor': 'end' };
  if (!boundaries) return svg('g', style, label(0.02, '0'), label(0.98, String(bands - 1)), label(0.5, 'coefficient'));
  const wanted = [100, 200, 500, 1000, 2000, 4000, 8000, 16_000];
  const placed = wanted.map((hertz) => ({ hertz, at: positionOf(hertz, boundaries) }));
  const apart = placed.filter(
    ({ at }, i) => at !== undefined && (i === 0 || Math.abs(at - (placed[i - 1]?.at ?? -1)) > 0.05),
  );
  return svg(
    'g',
    style,
    apart.map(({ hertz, at = 0 }) => label(at, hertz < 1000 ? `${hertz} Hz` : `${hertz / 1000} kHz`)),
  );
}

/** Height of a frequency, 0 to 1; undefined outside of the bands. */
function positionOf(hertz: number, boundaries: readonly number[]): number | undefined {
  const above = boundaries.findIndex((boundary) => boundary >= hertz);
  if (above < 0 || (above === 0 && boundaries[0] !== hertz)) return undefined;
  if (above === 0) return 0;
  const [low, high] = [boundaries[above - 1] as number, boundaries[above] as number];
  return (above - 1 + (hertz - low) / (high - low)) / (boundaries.length - 1);
}
