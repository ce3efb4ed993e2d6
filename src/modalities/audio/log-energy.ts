/** Logarithms of energies, and cepstral coefficients. */
import type { FrontEnd } from './front-end-schema.ts';
import type { Spectrum } from './spectrogram.ts';

/** Energies as the logarithm that the front end wants, within its range. */
export function compress(spectrum: Spectrum, frontEnd: FrontEnd): Spectrum {
  const { log, log_floor, reference, range, n_mfcc } = frontEnd;
  if (log === 'none') return spectrum;
  const unit = log === 'db' ? 10 : 1;
  const logarithm = log === 'ln' ? Math.log : (x: number) => unit * Math.log10(x);
  const values = spectrum.values.map((value) => logarithm(Math.max(log_floor, value)));
  const top = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const [shift, floor] = [reference === 'max' ? top : 0, range === null ? -Infinity : top - range];
  if (shift !== 0 || floor > -Infinity) {
    for (let i = 0; i < values.length; i++) values[i] = Math.max(floor, values[i] as number) - shift;
  }
  const compressed = { ...spectrum, values };
  return n_mfcc === null ? compressed : cepstrum(compressed, n_mfcc);
}

/** The first coefficients of the orthonormal DCT-II of each frame. */
function cepstrum({ frames, bands, values }: Spectrum, count: number): Spectrum {
  const basis = Float64Array.from({ length: count * bands }, (_, i) => {
    const [k, m] = [Math.floor(i / bands), i % bands];
    return Math.sqrt((k === 0 ? 1 : 2) / bands) * Math.cos((Math.PI * k * (2 * m + 1)) / (2 * bands));
  });
  const out = new Float64Array(frames * count);
  for (let t = 0; t < frames; t++) {
    for (let k = 0; k < count; k++) {
      let sum = 0;
      for (let m = 0; m < bands; m++) sum += (basis[k * bands + m] as number) * (values[t * bands + m] as number);
      out[t * count + k] = sum;
    }
  }
  return { frames, bands: count, values: out };
}
