/** A sound with its attribution as HTML: the drawing, a player, and the features as a table. */

import { featureTable } from '../../core/modality/feature-list.ts';
import type { Drawing } from '../../core/modality/modality.ts';
import { svg } from '../../core/modality/svg.ts';
import { base64 } from './base64.ts';
import { drawAudioSvg } from './draw-svg.ts';
import type { AudioView } from './view.ts';
import { writeWav } from './wav-write.ts';

/** Samples that are put into the page, at most: 60 seconds at 16 kHz, 2.6 MB. */
const MAX_SAMPLES = 960_000;

/** A fragment of HTML: `<figure>` with the SVG, an `<audio>` element where the clip is short enough, and a table. */
export function drawAudioHtml(drawing: Drawing<AudioView>): string {
  const { samples, sampleRate } = drawing.view;
  const source = (): string => `data:audio/wav;base64,${base64(writeWav({ sampleRate, channels: [samples] }))}`;
  const player =
    samples.length <= MAX_SAMPLES
      ? // HTML knows no empty form of this element: it needs a closing tag.
        svg('audio', { controls: '', src: source() }, 'Your browser does not play sound.')
      : svg('p', {}, 'The clip is too long to be played from within the page.');
  return svg('figure', { class: 'whylight-audio' }, { markup: drawAudioSvg(drawing) }, player, featureTable(drawing))
    .markup;
}
