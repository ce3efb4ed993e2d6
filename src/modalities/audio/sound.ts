/** Decoded sound: samples by channel, and the two ways to one channel. */
import { WhylightError } from '../../core/errors.ts';

export interface Sound {
  /** Samples a second, in Hz. */
  readonly sampleRate: number;
  /** One array a channel, all of the same length; full scale is -1 to 1. */
  readonly channels: readonly Float32Array[];
  /** Facts about the file that a person should know, as sentences: a cut-off end, a placeholder for a size. */
  readonly notes: readonly string[];
}

/** Choice of a channel: the mean of all of them, or one by its index. */
export type ChannelChoice = 'mean' | number;

/** Error about a file or a parameter of sound. `details` repeats the numbers of the message. */
export const invalidAudio = (message: string, details: Readonly<Record<string, unknown>> = {}): WhylightError =>
  new WhylightError('invalid_request', message, details);

/**
 * One channel of a sound: the mean of its channels, or the one chosen.
 * @param choice `mean`, or an index from 0
 * @throws WhylightError when there is no such channel.
 */
export function oneChannel({ channels }: Sound, choice: ChannelChoice = 'mean'): Float32Array {
  if (choice !== 'mean') {
    const chosen = channels[choice];
    if (chosen) return chosen;
    throw invalidAudio(
      `There is no channel ${choice}: the sound has ${channels.length}. Use an index from 0 to ${channels.length - 1}, or "mean".`,
      { channel: choice, channels: channels.length },
    );
  }
  const [first] = channels;
  if (channels.length === 1 && first) return first;
  const length = first?.length ?? 0;
  const mean = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (const channel of channels) sum += channel[i] as number;
    mean[i] = sum / channels.length;
  }
  return mean;
}

/** Parts of the loudest channel's energy below which a mix counts as cancelled out. */
const CANCELLED = 1e-4;

/** Sentences that tell how several channels became one. */
export function mixNotes({ channels }: Sound, mono: Float32Array, choice: ChannelChoice): string[] {
  if (channels.length === 1) return [];
  if (choice !== 'mean') return [`Channel ${choice} of ${channels.length} was taken.`];
  const energy = (samples: Float32Array) => samples.reduce((sum, value) => sum + value * value, 0);
  const loudest = Math.max(...channels.map(energy));
  const cancelled = loudest > 0 && energy(mono) < CANCELLED * loudest;
  return [
    `${channels.length} channels were mixed to their mean.`,
    ...(cancelled
      ? ['The channels cancel each other out: their mean is next to silence. Choose one with "channel".']
      : []),
  ];
}
