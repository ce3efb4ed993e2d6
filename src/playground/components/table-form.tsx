import { useEffect, useState } from 'preact/hooks';
import type { TableColumn } from '../../modalities/tabular/columns.ts';
import { useText } from '../actions.ts';
import { textInput } from '../data-samples.ts';
import { asFailure } from '../guarded.ts';
import { input, model } from '../state.ts';
import { type Cell, type Row, tableColumnsOf } from '../table-columns.ts';
import { ask } from '../what-if.ts';

/** One row of a table as a form. The prediction follows the controls; the explanation comes on demand. */
export function TableForm() {
  const given = input.value?.text ?? '{}';
  const [text, setText] = useState(given);
  useEffect(() => setText(given), [given]);
  const found = columns();
  if ('trouble' in found) return <p class="failure">{found.trouble}</p>;
  const row = rowOf(text, found.columns);
  const change = (name: string, cell: Cell): void => {
    const next = textOf({ ...row, [name]: cell }, found.columns);
    setText(next);
    ask(next === given ? undefined : async () => textInput('tabular', next));
  };
  const isNew = text !== given;
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        void useText(text);
      }}
    >
      {found.columns.map((column) => (
        <Column
          key={column.name}
          column={column}
          cell={row[column.name] ?? null}
          start={rowOf(given, found.columns)[column.name] ?? null}
          change={(cell) => change(column.name, cell)}
        />
      ))}
      <div class="row">
        <button type="submit" class={isNew ? 'primary' : ''} disabled={!isNew}>
          Explain this row
        </button>
        {isNew && (
          <button
            type="button"
            onClick={() => {
              setText(given);
              ask(undefined);
            }}
          >
            Back
          </button>
        )}
      </div>
    </form>
  );
}

/** Columns of the model, or the reason why they are not known. */
function columns(): { readonly columns: readonly TableColumn[] } | { readonly trouble: string } {
  if (!model.value) return { columns: [] };
  try {
    return { columns: tableColumnsOf(model.value) };
  } catch (error) {
    return { trouble: asFailure(error).message };
  }
}

/** A row from its JSON: an object, or a list where columns have no names. */
function rowOf(text: string, columns: readonly TableColumn[]): Row {
  const parsed: unknown = JSON.parse(text);
  const value = Array.isArray(parsed) && typeof parsed[0] === 'object' && parsed[0] !== null ? parsed[0] : parsed;
  if (!Array.isArray(value)) return value as Row;
  return Object.fromEntries(columns.map(({ name }, i) => [name, (value[i] ?? null) as Cell]));
}

const textOf = (row: Row, columns: readonly TableColumn[]): string =>
  JSON.stringify(columns.every(({ named }) => named) ? row : columns.map(({ name }) => row[name] ?? null));

interface ColumnProps {
  readonly column: TableColumn;
  readonly cell: Cell;
  /** Value of the row that is explained: the middle of the slider. */
  readonly start: Cell;
  readonly change: (cell: Cell) => void;
}

function Column({ column: { name, categories, unit, missing, kind }, cell, start, change }: ColumnProps) {
  const id = `column-${name}`;
  const label = unit === undefined || name.endsWith(`_${unit}`) ? name : `${name} (${unit})`;
  if (categories) {
    return (
      <div class="field">
        <label for={id}>{label}</label>
        <select
          id={id}
          value={cell === null ? '' : String(cell)}
          onChange={({ currentTarget: { value } }) => change(value === '' ? null : value)}
        >
          {(missing === 'keep' || cell === null) && <option value="">missing</option>}
          {categories.map((category) => (
            <option key={category}>{category}</option>
          ))}
        </select>
      </div>
    );
  }
  const number = Number(cell ?? Number.NaN);
  const middle = Number(start ?? 0);
  const reach = Math.max(Math.abs(middle), 1);
  const set = (value: number): void => change(Number.isNaN(value) ? null : value);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <span class="slider" style={{ '--digits': `${String(number).length}` }}>
        <input
          type="range"
          min={middle - reach}
          max={middle + reach}
          step={kind === 'integer' || (Number.isInteger(middle) && reach > 20) ? 1 : reach / 50}
          value={Number.isNaN(number) ? middle : number}
          aria-label={`${label}, slider`}
          onInput={({ currentTarget }) => set(currentTarget.valueAsNumber)}
        />
        <input
          id={id}
          type="number"
          step="any"
          value={Number.isNaN(number) ? '' : number}
          placeholder="missing"
          onChange={({ currentTarget }) => set(currentTarget.valueAsNumber)}
        />
      </span>
    </div>
  );
}
