import type { ComponentChildren } from 'preact';
import { chooseTarget, toggleTarget } from '../actions.ts';
import { targets } from '../state.ts';

interface AnswerButtonProps {
  /** Target that the button explains. */
  readonly target: string;
  readonly name: string;
  /** Text behind the name. */
  readonly kind?: string;
  readonly score: number;
  /** Length of the bar, 0 to 1. */
  readonly bar: number;
  /** Length of the bar with a part of the input covered, 0 to 1. */
  readonly covered?: number | undefined;
  /** Value at the end of the row. */
  readonly value: string;
  /** Name of the row of maps that the second button adds. */
  readonly row: string;
  /** Further buttons. */
  readonly children?: ComponentChildren;
}

/** An answer of the model in the list: one button explains it, another gives it a row of maps of its own. */
export function AnswerButton({ target, name, kind, score, bar, covered, value, row, children }: AnswerButtonProps) {
  const pressed = targets.value.includes(target);
  const length = (share: number): { width: string } => ({ width: `${share * 100}%` });
  return (
    <li>
      <button
        type="button"
        class="class"
        aria-pressed={pressed}
        title={`Explain ${name}. Score ${score.toFixed(3)}`}
        onClick={() => void chooseTarget(target)}
      >
        <span class="bar" style={length(bar)} />
        {covered !== undefined && <span class="bar covered" style={length(covered)} />}
        <span class="label">
          {name}
          {kind}
        </span>
        <span class="share">{value}</span>
      </button>
      <button
        type="button"
        class="mini"
        aria-pressed={pressed}
        title={`${row[0]?.toUpperCase()}${row.slice(1)} for ${name}`}
        onClick={() => void toggleTarget(target)}
      >
        <span aria-hidden="true">+</span>
        <span class="unseen">
          {name}: {row}
        </span>
      </button>
      {children}
    </li>
  );
}
