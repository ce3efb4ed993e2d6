/** A moving image, explained frame by frame in the page. */
import type { Image } from '../core/image/image.ts';
import type { FrameMap } from './browser/messages.ts';
import { drawMap } from './draw.ts';
import { frameOf, showImage } from './image-input.ts';
import type { View } from './state.ts';

/** Longer side of a frame, in pixels: models see less, and larger ones take longer to draw. */
const FRAME = 320;

export interface LiveOptions {
  readonly video: HTMLVideoElement;
  /** Canvas that gets each frame with its map. */
  readonly canvas: HTMLCanvasElement;
  readonly signal: AbortSignal;
  view(): View;
  /** Explains one frame. */
  explain(frame: Image): Promise<FrameMap>;
  /** Called after each frame; `rate` is in frames a second, undefined for the first one. */
  shown(map: FrameMap, rate: number | undefined): void;
}

/**
 * Explains what a video shows until it is stopped. One frame is under way at a time, so that the engine is never behind.
 * @throws Failure of the engine, or of a model that gives no map
 */
export async function explainLive({ video, canvas, signal, view, explain, shown }: LiveOptions): Promise<void> {
  let [before, interval]: [number | undefined, number | undefined] = [undefined, undefined];
  while (!signal.aborted) {
    await nextPaint();
    if (signal.aborted || video.videoWidth === 0) continue;
    const frame = frameOf(video, FRAME);
    const found = await explain(frame);
    if (signal.aborted) return;
    showImage(canvas, drawMap(found.map, frame, found.placement, view()));
    const now = performance.now();
    if (before !== undefined) interval = mixed(interval, now - before);
    before = now;
    shown(found, interval === undefined ? undefined : 1000 / interval);
  }
}

/** Weight of the last frame in the rate that is shown. */
const RECENT = 0.1;

const mixed = (mean: number | undefined, last: number): number =>
  mean === undefined ? last : (1 - RECENT) * mean + RECENT * last;

const nextPaint = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
