/** Columns that a model reads: their names, where they go, and what they may hold. */
import { counted } from '../../core/counted.ts';
import { explainedInputs } from '../../core/modality/explained-inputs.ts';
import type { InputFact } from '../../core/model/description.ts';
import type { ColumnSettings, TabularSettings } from './settings.ts';
import { type Cell, invalidTable } from './table.ts';

export interface TableColumn {
  readonly name: string;
  /** False for a name that was made up: `column 3`. */
  readonly named: boolean;
  readonly input: string;
  /** Element of one row of the input. */
  readonly element: number;
  readonly kind: 'number' | 'integer' | 'category';
  /** Known categories, as people write them. */
  readonly categories?: readonly string[];
  /** Number that each category becomes. */
  readonly codes?: readonly number[];
  /** Treatment of a missing value: `keep` hands it to the model as NaN, `error` refuses the row. */
  readonly missing: 'keep' | 'error';
  /** Treatment of an unknown category: `keep` hands it to the model as -1, `error` refuses the row. */
  readonly unknown: 'keep' | 'error';
  readonly unit?: string;
  /** Digits behind the point in drawings. */
  readonly digits?: number;
  /** Name of the group that the column belongs to. */
  readonly group?: string;
}

/** Cell of a table for a number of the tensor: the category of a code, null for NaN, else the number itself. */
export const cellOfCode = (value: number, { categories, codes = [] }: TableColumn): Cell =>
  categories?.[codes.indexOf(value)] ?? (Number.isNaN(value) ? null : value);

/** Facts that the graph of a model gives about one element of a row; see {@link InputFact.columns}. */
type GraphFacts = NonNullable<InputFact['columns']>['value'][number];

/**
 * Columns of the explained inputs, input after input. Names are those of the settings; else those of the inputs, where
 * each takes one column; else made up.
 *
 * @throws WhylightError `invalid_config` where the settings name another number of columns than the model takes,
 * `unprocessable_method` for an input of unknown width
 */
export function tableColumns(inputs: readonly InputFact[], settings: TabularSettings): TableColumn[] {
  const explained = explainedInputs(inputs);
  const places = explained.flatMap((input) =>
    Array.from({ length: widthOf(input) }, (_, element) => ({ input, element, alone: widthOf(input) === 1 })),
  );
  const given = settings.columns?.map((column) => (typeof column === 'string' ? { name: column } : column));
  const byName = new Map(given?.map((column) => [column.name, column]));
  const allAlone = places.length > 1 && places.every(({ alone }) => alone);
  if (given && !allAlone && given.length !== places.length) {
    throw invalidTable(
      `The settings of the table name ${counted(given.length, 'column')}, but the model takes ${places.length}.`,
      { given: given.length, expected: places.length },
    );
  }
  return places.map(({ input, element }, i) => {
    const own = allAlone ? byName.get(input.name) : given?.[i];
    const name = own?.name ?? (allAlone ? input.name : `column ${i + 1}`);
    const facts = input.columns?.value[element];
    return columnOf({ name, named: own !== undefined || allAlone, input, element }, own, facts, settings);
  });
}

/** Elements of one row. */
function widthOf({ name, shape, batchAxis }: InputFact): number {
  const row = shape.filter((_, axis) => axis !== batchAxis.value);
  const width = row.reduce<number>((size, extent) => (typeof extent === 'number' ? size * extent : Number.NaN), 1);
  if (Number.isInteger(width)) return width;
  throw invalidTable(
    `The model does not say how many columns "${name}" takes ([${shape.join(', ')}]): name them in the settings of the table.`,
    { input: name, shape },
  );
}

function columnOf(
  place: { readonly name: string; readonly named: boolean; readonly input: InputFact; readonly element: number },
  own: Partial<ColumnSettings> | undefined,
  facts: GraphFacts | undefined,
  settings: TabularSettings,
): TableColumn {
  const { input } = place;
  const categories = own?.categories ?? facts?.categories?.map(String);
  const integer = !input.dtype.startsWith('float');
  return {
    name: place.name,
    named: place.named,
    input: input.name,
    element: place.element,
    kind: own?.type ?? (categories ? 'category' : integer ? 'integer' : 'number'),
    ...(categories && { categories, codes: own?.codes ?? facts?.codes ?? categories.map((_, code) => code) }),
    missing: integer ? 'error' : (own?.missing ?? (facts?.missingAllowed ? 'keep' : settings.missing)),
    unknown: own?.unknown ?? (facts?.unknownAllowed ? 'keep' : 'error'),
    ...(own?.unit !== undefined && { unit: own.unit }),
    ...(own?.digits !== undefined && { digits: own.digits }),
    ...(own?.group !== undefined && { group: own.group }),
  };
}
