import { percent } from '../../core/model/confidence.ts';
import { changed, probabilities, ranking } from '../state.ts';

/** Classes that are compared: the first ones before the change, and the first one after it. */
const SHOWN = 3;

/** The prediction before and after a change of the input; nothing while there is none. */
export function BeforeAfter({ after: name }: { readonly after: string }) {
  const before = ranking.value.slice(0, SHOWN);
  const after = changed.value && probabilities(changed.value);
  if (!after) return null;
  const winner = ranking.value.find(({ element }) => after[element] === Math.max(...after));
  return (
    <div aria-live="polite">
      <table>
        <caption class="unseen">Probabilities before and after</caption>
        <thead>
          <tr>
            <th scope="col">Class</th>
            <th scope="col">Whole</th>
            <th scope="col">{name}</th>
            <th scope="col">Change</th>
          </tr>
        </thead>
        <tbody>
          {[...before, ...(winner && !before.includes(winner) ? [winner] : [])].map(
            ({ index, element, label, probability }) => {
              const now = after[element] as number;
              const change = (now - probability) * 100;
              return (
                <tr key={index}>
                  <th scope="row">{label}</th>
                  <td>{percent(probability)}</td>
                  <td>{percent(now)}</td>
                  <td class={change < 0 ? 'down' : 'up'}>
                    {change < 0 ? '▼' : '▲'} {Math.abs(change).toFixed(1)} points
                  </td>
                </tr>
              );
            },
          )}
        </tbody>
      </table>
    </div>
  );
}
