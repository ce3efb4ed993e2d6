import { counted } from '../../core/counted.ts';
import type { Summary } from '../summary.ts';
import { type Filter, filter } from './state.ts';

/** Controls of the gallery, and the number of inputs that they leave. */
export function Filters({ summary, count }: { readonly summary: Summary; readonly count: number }) {
  const { members } = filter.value;
  const classes: [string, string][] = [['', 'any'], ...summary.classes.map((name): [string, string] => [name, name])];
  const known = summary.known > 0;
  return (
    <div id="filters" class="filters">
      {known && <Choice name="truth" label="True class" options={classes} />}
      <Choice name="said" label="Predicted class" options={classes} />
      {known && <Choice name="only" label="Show" options={CORRECTNESS} />}
      {members && (
        <button type="button" onClick={() => (filter.value = { ...filter.value, members: undefined })}>
          A group of {members.size}: show all
        </button>
      )}
      <span>{counted(count, summary.noun)}</span>
    </div>
  );
}

const CORRECTNESS = [
  ['', 'all'],
  ['wrong', 'mistakes'],
  ['right', 'right ones'],
] as const;

interface ChoiceProps {
  readonly name: Exclude<keyof Filter, 'members'>;
  readonly label: string;
  /** Value and text. */
  readonly options: readonly (readonly [string, string])[];
}

function Choice({ name, label, options }: ChoiceProps) {
  return (
    <label>
      {label}
      <select
        value={filter.value[name]}
        onChange={({ currentTarget }) => (filter.value = { ...filter.value, [name]: currentTarget.value })}
      >
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
