/**
 * Mel scales and the triangular filters on them.
 * @see S. S. Stevens, J. Volkmann, E. B. Newman, JASA 8, 1937; M. Slaney, "Auditory Toolbox", 1998; HTK Book, section 5.4
 */

export type MelScale = 'htk' | 'slaney';

export interface MelFilterOptions {
  readonly sampleRate: number;
  /** Length of the Fourier transform; it has n_fft / 2 + 1 frequencies. */
  readonly nFft: number;
  readonly nMels: number;
  /** Lower end of the lowest band and upper end of the highest, in Hz. */
  readonly fMin: number;
  readonly fMax: number;
  readonly scale: MelScale;
  /** `slaney`: each triangle has area 1 (in Hz); `none`: height 1. */
  readonly norm: 'slaney' | 'none';
  /** Axis on which the sides of a triangle are straight. */
  readonly triangles: 'hz' | 'mel';
}

/** One band: weights of the frequencies `first`, `first + 1`, ... */
export interface MelBand {
  readonly first: number;
  readonly weights: Float64Array;
}

/** Slaney's scale: linear up to 1000 Hz (15 mel), then 27 mel for each factor of 6.4. */
const SLANEY_HZ_PER_MEL = 200 / 3;
const SLANEY_LOG_STEP = Math.log(6.4) / 27;

/** Frequency in Hz as mel. */
export function hzToMel(hz: number, scale: MelScale): number {
  if (scale === 'htk') return 2595 * Math.log10(1 + hz / 700);
  return hz < 1000 ? hz / SLANEY_HZ_PER_MEL : 15 + Math.log(hz / 1000) / SLANEY_LOG_STEP;
}

/** Mel as a frequency in Hz. */
export function melToHz(mel: number, scale: MelScale): number {
  if (scale === 'htk') return 700 * (10 ** (mel / 2595) - 1);
  return mel < 15 ? mel * SLANEY_HZ_PER_MEL : 1000 * Math.exp((mel - 15) * SLANEY_LOG_STEP);
}

/** Lower end, centre and upper end of each band, in Hz. */
export function melEdges({ nMels, fMin, fMax, scale }: Pick<MelFilterOptions, 'nMels' | 'fMin' | 'fMax' | 'scale'>) {
  const points = melPoints(fMin, fMax, nMels, scale).map((mel) => melToHz(mel, scale));
  return Array.from({ length: nMels }, (_, m) => points.slice(m, m + 3) as [low: number, centre: number, high: number]);
}

/** Triangular filters, band after band. */
export function melFilters(options: MelFilterOptions): MelBand[] {
  const { sampleRate, nFft, nMels, fMin, fMax, scale, norm, triangles } = options;
  const bins = Math.floor(nFft / 2) + 1;
  const onAxis = (hz: number) => (triangles === 'mel' ? hzToMel(hz, scale) : hz);
  const axis = Float64Array.from({ length: bins }, (_, k) => onAxis((k * sampleRate) / nFft));
  const mels = melPoints(fMin, fMax, nMels, scale);
  const points = triangles === 'mel' ? mels : mels.map((mel) => melToHz(mel, scale));
  return Array.from({ length: nMels }, (_, m) => {
    const [low, centre, high] = points.slice(m, m + 3) as [number, number, number];
    const width = melToHz(mels[m + 2] as number, scale) - melToHz(mels[m] as number, scale);
    const height = norm === 'slaney' ? 2 / width : 1;
    const all = axis.map(
      (x) => height * Math.max(0, Math.min((x - low) / (centre - low), (high - x) / (high - centre))),
    );
    const first = Math.max(
      0,
      all.findIndex((weight) => weight > 0),
    );
    const last = all.findLastIndex((weight) => weight > 0);
    return { first, weights: all.slice(first, last + 1) };
  });
}

/** Ends and centres of the bands, evenly spaced in mel: nMels + 2 of them. */
function melPoints(fMin: number, fMax: number, nMels: number, scale: MelScale): number[] {
  const [low, high] = [hzToMel(fMin, scale), hzToMel(fMax, scale)];
  return Array.from({ length: nMels + 2 }, (_, i) => low + ((high - low) * i) / (nMels + 1));
}
