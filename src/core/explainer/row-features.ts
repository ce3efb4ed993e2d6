/** Features of the rows of a request, as methods and metrics get them. */
import type { RowFeatures } from '../model/info.ts';
import type { BoundInfo } from '../model/model.ts';
import type { ExplainRequest } from './request.ts';

/** Adds the features of one row to the facts about the model, where a modality read the row. */
export function infoOfRow(
  info: BoundInfo,
  { features = [] }: Pick<ExplainRequest, 'features'>,
  index: number,
): BoundInfo {
  const own = features[index];
  if (!own || own.namesOnly) return info;
  const value: RowFeatures = {
    count: own.list.length,
    mask: own.mask,
    names: own.list.map(({ name }) => name),
  };
  // Descriptors keep what is computed on demand that way.
  return Object.create(Object.prototype, {
    ...Object.getOwnPropertyDescriptors(info),
    features: { value, enumerable: true },
  });
}

/**
 * Facts about the rows of a request, one entry for all rows with as many features: the cost of a row may depend on the
 * number of its words.
 */
export function infosOfRows(
  info: BoundInfo,
  request: Pick<ExplainRequest, 'features'>,
  rows: number,
): readonly { readonly info: BoundInfo; readonly rows: number }[] {
  const { features = [] } = request;
  const byCount = new Map<number | undefined, { readonly info: BoundInfo; rows: number }>();
  for (let index = 0; index < rows; index++) {
    const count = features[index]?.list.length;
    const known = byCount.get(count);
    if (known) known.rows += 1;
    else byCount.set(count, { info: infoOfRow(info, request, index), rows: 1 });
  }
  return [...byCount.values()];
}
