/** Drawings of an image explanation as SVG, and pages with a drawing. */
import { boxMarkup } from '../core/explainer/draw-predictions.ts';
import { targetName } from '../core/explainer/draw-row.ts';
import type { Image } from '../core/image/image.ts';
import { inOriginalPixels } from '../core/image/placement.ts';
import { escapeXml, svg, svgDocument } from '../core/modality/svg.ts';
import { toBase64 } from '../protocol/base64.ts';
import type { Outcome } from './outcome.ts';

/**
 * The overlay of an image with the boxes of predictions, as SVG.
 * @param drawn the overlay
 * @param png the same, encoded
 */
export function imageSvg({ subject, row }: Outcome, drawn: Image, png: Uint8Array): string {
  const { width, height } = subject.image ? inOriginalPixels(subject.image).image : drawn;
  const scale = { across: drawn.width / width, down: drawn.height / height };
  const { predictions = [], score } = row;
  const chosen = predictions.findIndex((one) => one.box && Math.abs(one.score - score) < 1e-6);
  return svgDocument(
    { width: drawn.width, height: drawn.height, title: targetName(row.target) },
    svg('image', { width: drawn.width, height: drawn.height, href: `data:image/png;base64,${toBase64(png)}` }),
    boxMarkup(predictions, scale, chosen),
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
