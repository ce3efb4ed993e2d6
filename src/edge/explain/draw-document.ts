/** An explanation as a drawing in SVG, or as a page with it. */
import { WhylightError } from '../../core/errors.ts';
import { drawRow } from '../../core/explainer/draw-row.ts';
import type { Explanation } from '../../core/explainer/explanation.ts';
import { answered } from '../../core/method/answered.ts';
import { svg, svgDocument } from '../../core/modality/svg.ts';
import { drawingPage, imageSvg } from '../../protocol/drawing-page.ts';
import { explanationImage } from '../../protocol/explanation-image.ts';
import type { Services } from '../services.ts';
import type { DocumentType } from './document-type.ts';
import type { ExplainQuery } from './query.ts';

/**
 * Draws the only row of an explanation.
 * @throws WhylightError `not_acceptable` for several rows, and for an attribution that no drawing can show
 */
export async function drawDocument(
  services: Pick<Services, 'codecs' | 'explainer'>,
  query: Pick<ExplainQuery, 'input' | 'settings' | 'model'>,
  explanation: Explanation,
  type: DocumentType,
): Promise<string> {
  const [row] = explanation.rows;
  if (!row || explanation.rows.length > 1) {
    throw new WhylightError(
      'not_acceptable',
      `A drawing shows one row, but ${explanation.rows.length} were sent: ask for application/json, or send one.`,
      { rows: explanation.rows.length, allowed: ['application/json'] },
    );
  }
  const prepared = await query.input.prepared();
  const { methods } = services.explainer;
  const { signed } = (await answered(() => methods.get(explanation.method))).method.about.properties;
  const isSigned = signed && explanation.params.absolute !== true;
  const format = type === 'text/html' ? 'html' : 'svg';
  const [features] = prepared?.features ?? [];
  const drawn =
    prepared && features
      ? drawRow(
          { modality: prepared.use.modality, features, view: prepared.views[0] },
          row,
          isSigned,
          format,
          query.settings.overlay.show,
        )
      : await imageDrawing(services, query, explanation);
  const body =
    drawn ?? noticeDrawing(row.nothing ?? 'The attribution has no place in the input: ask for JSON.', format);
  if (type !== 'text/html') return body;
  const { method, notices = [] } = explanation;
  const sentences = [
    ...notices,
    ...(row.summary ? [row.summary.text] : []),
    ...(row.text === undefined ? [] : [row.text]),
  ];
  return drawingPage(`${query.model.name}: ${method}`, body, sentences);
}

/** The map over the image, with boxes and their names. */
async function imageDrawing(
  { codecs }: Pick<Services, 'codecs'>,
  { input, settings }: Pick<ExplainQuery, 'input' | 'settings'>,
  explanation: Explanation,
): Promise<string> {
  const placed = await input.image();
  const { overlay, choseOverlay } = settings;
  const isSheet = overlay.show === 'maps';
  const image = explanationImage(explanation, placed, overlay, choseOverlay, { boxes: isSheet });
  return imageSvg({ row: explanation.rows[0], placed, boxes: !isSheet }, image, await codecs.encodePng(image));
}

const noticeDrawing = (text: string, format: 'html' | 'svg'): string =>
  format === 'html'
    ? svg('p', {}, text).markup
    : svgDocument({ width: 640, height: 40, title: text }, svg('text', { x: 12, y: 25 }, text));
