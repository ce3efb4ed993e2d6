import { occlude } from '../actions.ts';
import { occluded, occluding, probabilities, ranking, region } from '../state.ts';
import { percent } from './prediction.tsx';

/** Covering a region by hand: what becomes of the prediction without it. */
export function Occlusion() {
  const before = ranking.value.slice(0, 3);
  const after = occluded.value && probabilities(occluded.value);
  const winner = after && ranking.value.find(({ element }) => after[element] === Math.max(...after));
  return (
    <section class="occlusion" aria-labelledby="occlusion-title">
      <h2 id="occlusion-title">Cover a region</h2>
      <div class="row">
        <button
          type="button"
          aria-pressed={occluding.value}
          onClick={() => {
            occluding.value = !occluding.value;
            if (!occluding.value) occlude(undefined);
            // Where the page is short, the button is below the maps.
            else document.querySelector('#maps .map')?.scrollIntoView({ block: 'nearest' });
          }}
        >
          {occluding.value ? 'Stop covering' : 'Draw a region'}
        </button>
        {region.value && (
          <button type="button" onClick={() => occlude(undefined)}>
            Uncover
          </button>
        )}
      </div>
      <p class="hint">
        {occluding.value
          ? 'Drag a rectangle over any of the maps, or focus one and use the arrow keys (with Shift to change the size).'
          : 'What does the model say when it cannot see a part of the image?'}
      </p>
      {after && (
        <div aria-live="polite">
          <table>
            <caption class="unseen">Probabilities before and after</caption>
            <thead>
              <tr>
                <th scope="col">Class</th>
                <th scope="col">Whole</th>
                <th scope="col">Covered</th>
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
      )}
    </section>
  );
}
