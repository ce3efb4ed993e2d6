/** Features of a sound: windows of time, and patches of time and frequency. */
import type { Feature, Features } from '../../core/modality/modality.ts';
import type { SignalAxes } from '../series/axes.ts';
import { atRate } from '../series/series.ts';
import { windowEdges, windowNames } from '../series/windows.ts';
import type { FrontEnd } from './front-end-schema.ts';
import type { AudioSettings } from './settings.ts';
import { invalidAudio } from './sound.ts';
import { bandEdges } from './spectrogram.ts';

const MAX_FEATURES = 4096;

/**
 * Windows and patches of a clip: `0.4 to 0.5 s`, or `0.4 to 0.5 s, 350 to 910 Hz` where the model takes a spectrogram.
 * Elements behind the end of the clip (silence that was filled up) belong to none.
 * @param steps samples or frames that the clip has
 */
export function audioFeatures(
  input: string,
  axes: SignalAxes,
  frontEnd: FrontEnd,
  steps: number,
  { windows, window_length, bands }: AudioSettings,
): Features {
  const rate = frontEnd.kind === 'waveform' ? frontEnd.sample_rate : frontEnd.sample_rate / frontEnd.hop_length;
  const stretches = frontEnd.kind === 'waveform' ? [] : bandStretches(frontEnd, axes.size.F, bands);
  const parts = Math.max(1, stretches.length);
  const time = atRate(rate);
  const edges = windowEdges(steps, time, parts, { windows, length: window_length });
  const names = windowNames(edges, time);
  if (names.length * parts > MAX_FEATURES) {
    throw invalidAudio(
      `${names.length} windows of ${parts} bands are ${names.length * parts} features: at most ${MAX_FEATURES} are compared. Ask for fewer windows or bands.`,
      { features: names.length * parts, max: MAX_FEATURES },
    );
  }
  const list = Array.from({ length: parts }, (_, band) =>
    names.map((name, w): Feature => {
      const at = { start: (edges[w] as number) / rate, end: (edges[w + 1] as number) / rate };
      return parts === 1 ? { name, ...at } : { name: `${name}, ${stretches[band]?.name}`, ...at, group: band };
    }),
  ).flat();
  const mask = new Int32Array(axes.dims.reduce((n, d) => n * d, 1)).fill(-1);
  for (const [band, { from, to }] of (stretches.length > 0 ? stretches : [{ from: 0, to: 1 }]).entries()) {
    for (let w = 0; w < names.length; w++) {
      for (let t = edges[w] as number; t < (edges[w + 1] as number); t++) {
        for (let f = from; f < to; f++) mask[t * axes.stride.T + f * axes.stride.F] = band * names.length + w;
      }
    }
  }
  return { list, mask: { [input]: mask }, ...(parts > 1 && { groups: stretches.map(({ name }) => name) }) };
}

export interface Stretch {
  readonly name: string;
  /** First band, and the one behind the last. */
  readonly from: number;
  readonly to: number;
}

/** Bands in a few stretches of as many each, the lowest first. Cepstral coefficients have no frequency. */
export function bandStretches(frontEnd: FrontEnd, bands: number, count: number): Stretch[] {
  const parts = Math.min(count, bands);
  const edges = Array.from({ length: parts + 1 }, (_, i) => Math.round((i * bands) / parts));
  const hertz = frontEnd.n_mfcc === null ? bandBoundaries(frontEnd) : undefined;
  return edges.slice(1).map((to, i) => {
    const from = edges[i] as number;
    const name = hertz
      ? `${rounded(hertz[from] as number)} to ${rounded(hertz[to] as number)} Hz`
      : `coefficients ${from} to ${to - 1}`;
    return { name, from, to };
  });
}

/** Frequencies between neighbouring bands, in Hz, with both ends: one more than there are bands. */
export function bandBoundaries(frontEnd: FrontEnd): number[] {
  const edges = bandEdges(frontEnd);
  const between = edges.slice(1).map(([, centre], i) => (centre + (edges[i]?.[1] as number)) / 2);
  return [edges[0]?.[0] as number, ...between, edges.at(-1)?.[2] as number];
}

const rounded = (hertz: number): number => (hertz < 100 ? Math.round(hertz) : Number(hertz.toPrecision(2)));
