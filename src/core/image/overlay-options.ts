/** Options of the drawing of a saliency map over the image. */
import * as z from 'zod';
import { colormaps } from './colormap.ts';

const percent = z.number().min(0).max(100);

const overlayShape = {
  type: z
    .enum(['heatmap', 'pixels', 'outlines', 'masked'])
    .default('heatmap')
    .describe(
      'heatmap: smooth colours; pixels: each value by itself, for fine maps; outlines: lines around the important ' +
        'regions; masked: the image itself, bright where it is important.',
    ),
  polarity: z
    .enum(['positive', 'negative', 'both'])
    .default('positive')
    .describe('Which evidence is drawn: for the target, against it, or both.'),
  colormap: z
    .enum(colormaps)
    .optional()
    .describe('turbo when left out; coolwarm for polarity "both", where red speaks for the target.'),
  opacity: z.number().min(0).max(1).default(0.7).describe('Of the most important positions; others are fainter.'),
  overlay: z
    .enum(['original', 'grayscale', 'mask_black', 'none'])
    .default('original')
    .describe(
      'What lies below: the image, the image in grey, the image on black where it is important, or nothing: the ' +
        'map alone in full colours.',
    ),
  clip_percent_upperbound: percent
    .default(99.9)
    .describe('Values from this percentile on get the strongest colour, so that a few extremes do not hide the rest.'),
  clip_percent_lowerbound: percent.default(0).describe('Values up to this percentile are not drawn.'),
  max_size: z
    .int()
    .min(16)
    .max(4096)
    .default(1024)
    .describe(
      'Longer side of the drawing, in pixels, where the image is larger. One of 2,048 pixels or more is drawn no larger than it was decoded: at a half, a quarter or an eighth.',
    ),
};

/** Percentiles must leave something between them. */
const isRange = (options: { readonly clip_percent_lowerbound: number; readonly clip_percent_upperbound: number }) =>
  options.clip_percent_lowerbound < options.clip_percent_upperbound;
const RANGE = { path: ['clip_percent_lowerbound'], message: 'must be below clip_percent_upperbound' };

export const overlaySchema = z
  .strictObject(overlayShape)
  .refine(isRange, RANGE)
  .describe('How a saliency map is drawn.');

export type OverlayOptions = z.output<typeof overlaySchema>;

/** Schema of the drawing of an explanation: what of it is shown, and how. */
export const drawingSchema = z
  .strictObject({
    ...overlayShape,
    show: z
      .enum(['map', 'maps', 'uncertainty'])
      .default('map')
      .describe(
        'What is drawn: the saliency map; every further map that the method returned (of layers, heads, concepts or classes) on one sheet; or the standard error of the values.',
      ),
  })
  .refine(isRange, RANGE)
  .describe('What of an explanation is drawn, and how.');

export type DrawingOptions = z.output<typeof drawingSchema>;
