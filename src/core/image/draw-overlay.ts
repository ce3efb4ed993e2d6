/** Drawing of a saliency map over an image, with options that are complete and valid. */
import { float32 } from '../tensor/tensor.ts';
import { gaussianBlur } from './blur.ts';
import { type ColormapName, colormap } from './colormap.ts';
import { flatten, type Image } from './image.ts';
import { type Placement, placeMap, type SaliencyMap } from './placement.ts';

/** Output of `overlaySchema`, which describes each option. */
export interface OverlaySettings {
  readonly type: 'heatmap' | 'pixels' | 'outlines' | 'masked';
  readonly polarity: 'positive' | 'negative' | 'both';
  readonly colormap?: ColormapName | undefined;
  /** 0 to 1. */
  readonly opacity: number;
  readonly overlay: 'original' | 'grayscale' | 'mask_black' | 'none';
  /** Percentiles, 0 to 100, the lower one below the upper one. */
  readonly clip_percent_upperbound: number;
  readonly clip_percent_lowerbound: number;
}

/**
 * Draws the map over the image.
 * @param map at any size; values that are not finite count as 0
 * @param image the upright original; a transparent one is laid over white
 * @param placement the part of the image that the map covers
 * @returns an image of the size of the original
 */
export function drawOverlay(
  map: SaliencyMap,
  image: Image,
  settings: OverlaySettings,
  placement: Placement = { x: 0, y: 0, width: image.width, height: image.height },
): Image {
  const { type } = settings;
  const { width, height } = image;
  const strength = normalize(shownValues(map, settings), settings);
  const sampling = type === 'pixels' ? 'nearest' : 'bilinear';
  const steps = toSteps(placeMap(strength, placement, width, height, { sampling }).values);
  const out = { width, height, data: baseImage(flatten(image).data, steps, settings) };
  if (type === 'outlines') drawOutlines(out, steps, settings);
  else if (type !== 'masked') drawColors(out.data, steps, settings);
  return out;
}

/**
 * Absolute values of the map between which the drawing has its faintest and its strongest colour.
 * @returns the limits, in the unit of the map; equal for a flat map
 */
export function drawnRange(
  map: SaliencyMap,
  settings: OverlaySettings,
): { readonly low: number; readonly high: number } {
  return limitsOf(shownValues(map, settings), settings);
}

/** The values that colours stand for: of the wanted sign, and smoothed for heat maps and outlines. */
function shownValues(map: SaliencyMap, { type, polarity }: OverlaySettings): SaliencyMap {
  const wanted = ofPolarity(map, polarity);
  return type === 'heatmap' || type === 'outlines' ? smooth(wanted) : wanted;
}

/** The evidence that is drawn: not negative, but for `both`. What is not finite counts as 0. */
function ofPolarity(map: SaliencyMap, polarity: OverlaySettings['polarity']): SaliencyMap {
  const values = map.values.map((value) => {
    if (!Number.isFinite(value)) return 0;
    return polarity === 'both' ? value : Math.max(0, polarity === 'positive' ? value : -value);
  });
  return { ...map, values };
}

/** Fine maps are noisy; a heat map and its outlines show where there is much of it. In parts of the longer side. */
const SMOOTHING = 0.015;

function smooth({ width, height, values }: SaliencyMap): SaliencyMap {
  const sigma = SMOOTHING * Math.max(width, height);
  const blurred = gaussianBlur(float32([height, width], values), sigma, { border: 'nearest', truncate: 3 });
  return { width, height, values: blurred.data };
}

/**
 * The map scaled by percentiles of its absolute values, so that the strongest become 1 (or -1) and the weakest 0.
 * A flat map becomes 0 everywhere.
 */
function normalize(map: SaliencyMap, options: OverlaySettings): SaliencyMap {
  const { low, high } = limitsOf(map, options);
  const scale = high > low ? 1 / (high - low) : 0;
  const values = map.values.map((value) => {
    const share = Math.min(Math.max((Math.abs(value) - low) * scale, 0), 1);
    return value < 0 ? -share : share;
  });
  return { ...map, values };
}

function limitsOf(map: SaliencyMap, options: OverlaySettings): { readonly low: number; readonly high: number } {
  const sorted = sample(map.values).map(Math.abs).sort();
  const low = percentile(sorted, options.clip_percent_lowerbound);
  const clipped = percentile(sorted, options.clip_percent_upperbound);
  // The last resort is for maps with fewer important positions than are clipped away.
  return { low, high: clipped > low ? clipped : (sorted.at(-1) ?? 0) };
}

/** With linear interpolation, as numpy does by default. */
function percentile(sorted: Float32Array, percent: number): number {
  const at = (percent / 100) * (sorted.length - 1);
  const below = Math.floor(at);
  const [from, to] = [sorted[below] ?? 0, sorted[Math.min(below + 1, sorted.length - 1)] ?? 0];
  return from + (to - from) * (at - below);
}

/** At most 2^17 of the values, evenly spread: enough for a percentile, and quick to sort. */
function sample(values: Float32Array): Float32Array {
  const step = Math.ceil(values.length / 2 ** 17);
  if (step <= 1) return values.slice();
  return Float32Array.from({ length: Math.floor(values.length / step) }, (_, i) => values[i * step] as number);
}

/** Strengths -1..1 in whole steps 0..510, to look up in tables of what each step shows. */
const [STEPS, ZERO] = [511, 255];

function toSteps(strength: Float32Array): Uint16Array {
  const steps = new Uint16Array(strength.length);
  for (let i = 0; i < steps.length; i++) steps[i] = ((strength[i] as number) * ZERO + ZERO + 0.5) | 0;
  return steps;
}

/** Opacity of a colour, or of the image behind a mask, at each step: 0 below `from`, 256 above `to`. */
function fade(from: number, to: number, most = 1): Int32Array {
  return Int32Array.from({ length: STEPS }, (_, step) => {
    const x = Math.min(Math.max((Math.abs(step - ZERO) / ZERO - from) / (to - from), 0), 1);
    return Math.round(x * x * (3 - 2 * x) * most * 256);
  });
}

/** Single pixels are seen only before a darker image. */
const DIMMED = 0.45;

/** Background of the colours; for type `masked` the finished image. */
function baseImage(
  background: Uint8Array,
  steps: Uint16Array,
  { type, overlay, opacity }: OverlaySettings,
): Uint8Array {
  if (overlay === 'original' && (type === 'heatmap' || type === 'outlines')) return background.slice();
  const out = new Uint8Array(background.length);
  const masked = type === 'masked';
  if (overlay === 'none' && !masked) return out;
  const revealed = masked || overlay === 'mask_black' ? fade(0.05, 0.45) : new Int32Array(STEPS);
  // Behind a mask, what is not important is the darker, the higher the opacity.
  const light =
    overlay === 'mask_black' ? 0 : Math.round(256 * (masked ? 1 - opacity : type === 'pixels' ? DIMMED : 1));
  for (let i = 0, at = 0; at < background.length; i++, at += 4) {
    const red = background[at] as number;
    const green = background[at + 1] as number;
    const blue = background[at + 2] as number;
    const shown = revealed[steps[i] as number] as number;
    if (overlay === 'none') {
      out[at] = red;
      out[at + 1] = green;
      out[at + 2] = blue;
      out[at + 3] = (shown * 255) >> 8;
      continue;
    }
    const behind = (light * (256 - shown)) >> 8;
    if (overlay === 'grayscale') {
      const gray = ((red * 77 + green * 150 + blue * 29) >> 8) * behind;
      out[at] = (red * shown + gray) >> 8;
      out[at + 1] = (green * shown + gray) >> 8;
      out[at + 2] = (blue * shown + gray) >> 8;
    } else {
      const kept = shown + behind;
      out[at] = (red * kept) >> 8;
      out[at + 1] = (green * kept) >> 8;
      out[at + 2] = (blue * kept) >> 8;
    }
    out[at + 3] = 255;
  }
  return out;
}

/**
 * The colour of each step, three bytes each. Over an image the weaker ones are taken from nearer the end of the table:
 * faded as they are, its dark or neutral start would only soil the image.
 */
function stepColors({ colormap: name, polarity, overlay, type }: OverlaySettings): Uint8Array {
  const both = polarity === 'both';
  const table = colormap(name ?? ((both ? 'coolwarm' : 'turbo') satisfies ColormapName));
  const shift = overlay === 'none' ? 0 : both ? 0.5 : type === 'pixels' ? 0.3 : 0;
  const colors = new Uint8Array(STEPS * 3);
  for (let step = 0; step < STEPS; step++) {
    const strength = Math.abs(step - ZERO) / ZERO;
    const shifted = step === ZERO ? 0 : shift + (1 - shift) * strength;
    const at = both ? 0.5 + (Math.sign(step - ZERO) * shifted) / 2 : shifted;
    const entry = Math.round(at * 255) * 3;
    colors.set(table.subarray(entry, entry + 3), step * 3);
  }
  return colors;
}

function drawColors(data: Uint8Array, steps: Uint16Array, options: OverlaySettings): void {
  const colors = stepColors(options);
  const alone = options.overlay === 'none';
  const [from, to] = options.type === 'pixels' ? [0.03, 0.4] : [0.04, 0.7];
  const alphas = alone ? new Int32Array(STEPS).fill(256) : fade(from, to, options.opacity);
  for (let i = 0, at = 0; at < data.length; i++, at += 4) {
    const step = steps[i] as number;
    const alpha = alphas[step] as number;
    if (alpha === 0) continue;
    const rest = 256 - alpha;
    data[at] = ((data[at] as number) * rest + (colors[step * 3] as number) * alpha) >> 8;
    data[at + 1] = ((data[at + 1] as number) * rest + (colors[step * 3 + 1] as number) * alpha) >> 8;
    data[at + 2] = ((data[at + 2] as number) * rest + (colors[step * 3 + 2] as number) * alpha) >> 8;
    if (alone) data[at + 3] = 255;
  }
}

/** Strengths at which an outline is drawn. */
const LEVELS = [0.3, 0.5, 0.7, 0.9];

function drawOutlines({ width, height, data }: Image, steps: Uint16Array, options: OverlaySettings): void {
  const colors = stepColors(options);
  const thickness = Math.max(1, Math.round(Math.max(width, height) / 320));
  const levelOf = Int8Array.from({ length: STEPS }, (_, step) => {
    const strength = (step - ZERO) / ZERO;
    return Math.sign(strength) * LEVELS.filter((level) => Math.abs(strength) >= level).length;
  });
  const levelAt = (i: number) => levelOf[steps[i] as number] as number;
  for (let y = 0, i = 0; y < height; y++) {
    const [up, down] = [-Math.min(thickness, y) * width, Math.min(thickness, height - 1 - y) * width];
    for (let x = 0; x < width; x++, i++) {
      const level = levelAt(i);
      if (level === 0) continue;
      // On the line when a neighbour is nearer to zero, or on its other side.
      const sign = Math.sign(level);
      const left = levelAt(i - Math.min(thickness, x));
      const right = levelAt(i + Math.min(thickness, width - 1 - x));
      const lowest = Math.min(left * sign, right * sign, levelAt(i + up) * sign, levelAt(i + down) * sign);
      if (lowest >= level * sign) continue;
      const entry = (ZERO + Math.round(sign * (LEVELS[level * sign - 1] as number) * ZERO)) * 3;
      for (let c = 0; c < 3; c++) data[i * 4 + c] = colors[entry + c] as number;
      data[i * 4 + 3] = 255;
    }
  }
}
