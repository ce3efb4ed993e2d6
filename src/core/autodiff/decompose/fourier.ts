/** The short-time Fourier transform as the convolution that it is: every bin a kernel of sines or cosines. */
import { intAttribute } from '../../onnx/attributes.ts';
import { bytesPerElement } from '../../tensor/tensor.ts';
import { rankOf, refuse, upTo } from '../rules/axes.ts';
import type { Decomposition } from './decomposition.ts';

export const fourierDecompositions: readonly Decomposition[] = [
  {
    op: 'STFT',
    note: 'Of real signals; step and length of the frames known before the run.',
    rewrite({ g, node, inputs: [, step, window, length], input }) {
      const signal = input(0);
      if (rankOf(signal, node) === 3 && signal.dims?.[2] !== 1) refuse(node, 'complex signals have no rule');
      const [stride, frame] = [step?.value?.[0], length ? length.value?.[0] : window?.dims?.[0]].map(Number);
      if (!stride || !frame) refuse(node, 'step and length of its frames are not known before the run');
      const bins = intAttribute(node, 'onesided', 1) === 1 ? Math.floor(frame / 2) + 1 : frame;
      g.reserve(2 * bins * frame * bytesPerElement(signal.dtype));
      // Whole turns taken off before the sine, which is then exact for any length: real parts, then imaginary ones.
      const turn = (i: number): number => (2 * Math.PI * ((Math.floor(i / frame) * (i % frame)) % frame)) / frame;
      const waves = upTo(bins * frame).map(turn);
      const table = g.constant(
        signal.dtype,
        [2 * bins, 1, frame],
        [...waves.map(Math.cos), ...waves.map((at) => -Math.sin(at))],
      );
      const kernels = window ? g.mul(table, window) : table;
      const rows = g.op('Reshape', [signal, g.ints([0, 1, -1])]);
      const y = g.op('Conv', [rows, kernels], { kernel_shape: [frame], strides: [stride] });
      return [g.transpose(g.op('Reshape', [y, g.ints([0, 2, bins, -1])]), [0, 3, 2, 1])];
    },
  },
];
