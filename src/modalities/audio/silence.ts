/** Values that replace an absent part of a sound. */
import type { FrontEndOutput } from './front-end.ts';
import type { FrontEnd } from './front-end-schema.ts';

/**
 * Values of the front end's form in which nothing is heard.
 * - `silence`: zero samples; in a spectrogram, what its front end gives for no energy.
 * - `mean`: the mean over time, of each band by itself.
 * - `zero`: the number 0.
 */
export function silence(
  { data, dims }: Pick<FrontEndOutput, 'data' | 'dims'>,
  frontEnd: FrontEnd,
  kind: 'silence' | 'mean' | 'zero',
): Float32Array {
  if (kind === 'zero' || (kind === 'silence' && frontEnd.kind === 'waveform')) return new Float32Array(data.length);
  // Cepstral coefficients of silence are no plain number: their mean stands for it.
  if (kind === 'silence' && frontEnd.n_mfcc === null)
    return new Float32Array(data.length).fill(quietest(data, frontEnd));
  if (frontEnd.kind === 'waveform') return new Float32Array(data.length).fill(mean(data));
  const [rows, columns] = dims as [number, number];
  const bandsFirst = frontEnd.layout === 'bands_first';
  const bands = bandsFirst ? rows : columns;
  const means = Array.from({ length: bands }, (_, f) =>
    mean(data.filter((__, i) => (bandsFirst ? Math.floor(i / columns) : i % columns) === f)),
  );
  return data.map((_, i) => means[bandsFirst ? Math.floor(i / columns) : i % columns] as number);
}

/** No energy after the logarithm; where the floor follows the loudest place of the clip, the quietest value there is. */
function quietest(data: Float32Array, { log, log_floor, range, reference, mean: shift, std }: FrontEnd): number {
  if (range !== null || reference === 'max') return data.reduce((a, b) => Math.min(a, b), Infinity);
  const logarithm = { none: 0, ln: Math.log(log_floor), log10: Math.log10(log_floor), db: 10 * Math.log10(log_floor) };
  return (logarithm[log] - shift) / std;
}

const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / (values.length || 1);
