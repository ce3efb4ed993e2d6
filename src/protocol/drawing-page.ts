/** Drawings of an image explanation as SVG, and pages with a drawing: the same over HTTP and in the library. */
import { placeMarkup } from '../core/explainer/draw-predictions.ts';
import { targetName } from '../core/explainer/draw-row.ts';
import type { ExplainedRow } from '../core/explainer/explanation.ts';
import type { Image } from '../core/image/image.ts';
import { inOriginalPixels, type PlacedImage } from '../core/image/placement.ts';
import { escapeXml, svg, svgDocument } from '../core/modality/svg.ts';
import { toBase64 } from './base64.ts';
import { returnedBoxes } from './explanation-image.ts';

/** An explained row that is drawn over an image. */
export interface DrawnRow {
  readonly row: ExplainedRow | undefined;
  /** The image that was explained; undefined for a tensor, whose map is drawn alone. */
  readonly placed: PlacedImage | undefined;
  /** Draws the boxes of predictions and of the method, with their names. */
  readonly boxes: boolean;
}

/**
 * The overlay of an image with boxes, as SVG.
 * @param drawn the overlay
 * @param png the same, encoded
 */
export function imageSvg({ row, placed, boxes }: DrawnRow, drawn: Image, png: Uint8Array): string {
  const { image } = placed ? inOriginalPixels(placed) : { image: drawn };
  const shown = boxes ? row : undefined;
  return svgDocument(
    { width: drawn.width, height: drawn.height, title: row?.nothing ?? targetName(row?.target ?? { weights: [] }) },
    svg('image', { width: drawn.width, height: drawn.height, href: `data:image/png;base64,${toBase64(png)}` }),
    placeMarkup({ ...shown, image }, drawn.width, drawn.height),
    shown && placeMarkup({ ...returnedBoxes(shown), image }, drawn.width, drawn.height),
  );
}

/**
 * A page with a drawing and sentences below it. It loads and runs nothing.
 * @param drawing markup of SVG or HTML
 */
export const drawingPage = (title: string, drawing: string, sentences: readonly string[]): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeXml(title)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}svg{max-width:100%;height:auto}</style>
<h1>${escapeXml(title)}</h1>
${drawing}
${sentences.map((text) => svg('p', {}, text).markup).join('\n')}
</html>
`;
