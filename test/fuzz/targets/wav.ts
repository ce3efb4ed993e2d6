/** WAV files. */
import { readWav } from '../../../src/modalities/audio/wav-read.ts';
import { wavFile } from '../../modalities/audio/wav-files.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import { FuzzFault, type FuzzTarget } from '../target.ts';

const samples = Uint8Array.from({ length: 96 }, (_, i) => (i * 37) % 251);
const list: [string, Uint8Array] = ['LIST', new TextEncoder().encode('INFOISFT....')];
const seeds = [
  wavFile({ samples }),
  wavFile({ samples, bits: 8, channels: 3 }),
  wavFile({ samples, bits: 24, channels: 2 }),
  wavFile({ samples: new Uint8Array(64), format: 3, bits: 32 }),
  wavFile({ samples, format: 0xfffe, bits: 16, before: [list], behind: [list] }),
  wavFile({ samples, format: 7, bits: 8, riff: 'RF64' }),
];

export default {
  id: 'wav',
  seeds,
  mutate: (seed, draw) => mutateBytes(seed, draw, seeds),
  async run(bytes) {
    const { sampleRate, channels } = readWav(bytes);
    const lengths = new Set(channels.map(({ length }) => length));
    if (!(sampleRate > 0) || channels.length === 0 || lengths.size !== 1) {
      throw new FuzzFault(`The sound has ${channels.length} channels at ${sampleRate} Hz.`);
    }
    return 'accepted';
  },
} satisfies FuzzTarget;
