/** Windows that frames are weighted with. */

export type WindowName = 'hann' | 'hann_symmetric' | 'hamming' | 'povey' | 'rectangular';

const TURN = 2 * Math.PI;

/**
 * Weights of a window of `length` samples. `hann` and `hamming` are periodic (as scipy and torch use them for
 * spectra), `hann_symmetric` ends in zeros on both sides, `povey` is Kaldi's: symmetric Hann to the power 0.85.
 */
export function windowFunction(name: WindowName, length: number): Float64Array {
  const last = Math.max(1, length - 1);
  const weight: Readonly<Record<WindowName, (i: number) => number>> = {
    hann: (i) => 0.5 - 0.5 * Math.cos((TURN * i) / length),
    hann_symmetric: (i) => 0.5 - 0.5 * Math.cos((TURN * i) / last),
    hamming: (i) => 0.54 - 0.46 * Math.cos((TURN * i) / length),
    povey: (i) => (0.5 - 0.5 * Math.cos((TURN * i) / last)) ** 0.85,
    rectangular: () => 1,
  };
  return Float64Array.from({ length }, (_, i) => weight[name](i));
}
