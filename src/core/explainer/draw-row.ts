/** Drawing of an explained row by the modality that prepared it. */
import { WhylightError } from '../errors.ts';
import type { DrawingOptions } from '../image/overlay-options.ts';
import type { DrawFormat, Features, Modality } from '../modality/modality.ts';
import { captionSvg, stackSvg } from '../modality/svg.ts';
import type { Float32Tensors } from '../tensor/rows.ts';
import type { ExplainedRow } from './explanation.ts';
import { featuresAt } from './words-of-tokens.ts';

/** A row that a modality prepared, with what draws it again. */
export interface DrawableRow {
  readonly modality: Modality;
  readonly features: Features;
  readonly view: unknown;
}

/** Choices of a drawing: see `show` of `drawingSchema`. */
export type Show = DrawingOptions['show'];

/**
 * Draws the features of a row with what `show` names: their values, those of every further map, or their errors.
 * @param signed true where negative values are evidence against the target
 * @returns undefined for a row without values of features: nothing was found, or an inner layer is explained
 * @throws WhylightError `unprocessable_method` where the method returned nothing of the kind that `show` names
 */
export function drawRow(
  { modality, features, view }: DrawableRow,
  row: ExplainedRow,
  signed: boolean,
  format: DrawFormat,
  show: Show = 'map',
): string | undefined {
  const { features: valued, values: elements, target, nothing, text, maps = [] } = row;
  if (!valued || nothing !== undefined) return undefined;
  const marked = markedBy(row, features);
  const found = foundBy(row, features);
  const draw = (values: ArrayLike<number>, title: string, isSigned: boolean, elements?: Float32Tensors): string =>
    modality.draw(
      { view, features, values, marked, found, ...(elements && { elements }), title, signed: isSigned },
      format,
    );
  const name = targetName(target);
  if (show === 'map') {
    const values = Float64Array.from(valued, ({ value }) => value);
    const drawing = draw(values, name, signed, elements);
    // Pages and terminals print the text themselves; a file of its own has no other place for it.
    return format === 'svg' && text !== undefined ? stackSvg(name, [drawing, captionSvg(text)]) : drawing;
  }
  const drawings: string[] = [];
  if (show === 'maps') {
    for (const { name, features: own, values } of maps) if (own) drawings.push(draw(own, name, signed, values));
  } else if (valued.every(({ standardError }) => standardError !== undefined)) {
    const errors = Float64Array.from(valued, ({ standardError = 0 }) => standardError);
    drawings.push(draw(errors, `${name}: standard error`, false));
  }
  if (drawings.length === 0) throw nothingToShow(show, 'this method');
  return format === 'svg' ? stackSvg(name, drawings) : drawings.join('\n');
}

/** Makes the error for a drawing of results that the method did not return. */
export const nothingToShow = (show: Show, method: string): WhylightError =>
  new WhylightError(
    'unprocessable_method',
    `show=${show}: ${method} returned ${NOTHING[show]}. GET /v2/methods lists under "returns" what each method may return.`,
    { parameter: 'show' },
  );

const NOTHING: Readonly<Record<Show, string>> = {
  map: 'no map that could be drawn',
  maps: 'no further maps that could be drawn',
  uncertainty: 'no uncertainty: where it has a parameter "uncertainty", set it to true',
};

/** Name of what is explained: the label, else the number of the class. */
export const targetName = ({ label, index }: ExplainedRow['target']): string =>
  label ?? (index === undefined ? 'the target' : `class ${index}`);

/** Features at the tokens that the explained prediction names. */
const markedBy = ({ predictions, prediction = -1 }: ExplainedRow, features: Features): ReadonlySet<number> =>
  new Set(featuresAt(predictions?.[prediction] ?? {}, features));

/** Features at the tokens of all predictions. */
const foundBy = ({ predictions = [] }: ExplainedRow, features: Features): ReadonlySet<number> =>
  new Set(predictions.flatMap((prediction) => featuresAt(prediction, features)));
