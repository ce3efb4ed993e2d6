/** Writer of WAV files. */
import type { Sound } from './sound.ts';

/**
 * WAV file of 16-bit PCM, which every browser plays. Samples beyond -1 and 1 are clipped.
 * @example
 * const url = URL.createObjectURL(new Blob([writeWav(sound)], { type: 'audio/wav' }));
 */
export function writeWav({ sampleRate, channels }: Pick<Sound, 'sampleRate' | 'channels'>): Uint8Array<ArrayBuffer> {
  const frames = channels[0]?.length ?? 0;
  const frame = channels.length * 2;
  const file = new Uint8Array(44 + frames * frame);
  const view = new DataView(file.buffer);
  const text = (at: number, value: string) => file.set(new TextEncoder().encode(value), at);
  text(0, 'RIFF');
  view.setUint32(4, file.length - 8, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels.length, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * frame, true);
  view.setUint16(32, frame, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, frames * frame, true);
  for (const [c, channel] of channels.entries()) {
    for (let i = 0; i < frames; i++) {
      const value = Math.round((channel[i] as number) * 2 ** 15);
      view.setInt16(44 + i * frame + c * 2, Math.min(32767, Math.max(-32768, value)), true);
    }
  }
  return file;
}
