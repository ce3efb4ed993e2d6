import { counted } from '../../core/counted.ts';
import type { Summary } from '../summary.ts';
import { showImages } from './state.ts';

/** Rows: true class. Columns: predicted class. A click shows the images of a cell. */
export function Confusion({ summary: { classes, confusion, noun } }: { readonly summary: Summary }) {
  return (
    <div>
      <h2>Confusion</h2>
      <p class="lead">Rows: true class. Columns: predicted class.</p>
      <div class="scroll">
        <table id="confusion" class="confusion">
          <thead>
            <tr>
              <td />
              {classes.map((name) => (
                <th key={name} scope="col">
                  <span>{name}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {classes.map((truth) => {
              const row = confusion[truth];
              return row && <Row key={truth} truth={truth} classes={classes} row={row} noun={noun} />;
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}

interface RowProps {
  readonly truth: string;
  readonly classes: readonly string[];
  readonly row: Readonly<Record<string, number>>;
  readonly noun: string;
}

function Row({ truth, classes, row, noun }: RowProps) {
  const total = Object.values(row).reduce((sum, count) => sum + count, 0);
  return (
    <tr>
      <th scope="row">{truth}</th>
      {classes.map((said) => {
        const count = row[said] ?? 0;
        if (count === 0) return <td key={said} />;
        const strength = `${Math.round(12 + (70 * count) / total)}%`;
        return (
          <td key={said} class={truth === said ? 'right' : 'wrong'} style={{ '--strength': strength }}>
            <button
              type="button"
              title={`${counted(count, noun)} of ${truth} predicted as ${said}`}
              onClick={() => showImages({ truth, said })}
            >
              {count}
            </button>
          </td>
        );
      })}
    </tr>
  );
}
