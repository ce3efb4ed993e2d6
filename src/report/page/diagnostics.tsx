import type { Summary } from '../summary.ts';
import { TableHead } from './table-head.tsx';

/** Warnings of the maps, and how concentrated their values are. */
export function Diagnostics({ summary: { methods, inputs, noun: one } }: { readonly summary: Summary }) {
  const codes = [...new Set(Object.values(methods).flatMap(({ warnings }) => Object.keys(warnings)))].sort();
  return (
    <section class="card">
      <h2>Diagnostics</h2>
      <p class="lead">
        {one === 'image' ? 'Maps' : 'Explanations'} that come with a warning, and how concentrated the values are (Gini
        index).
      </p>
      <div class="scroll">
        <table class="mass">
          <TableHead columns={['sparseness', ...codes]} />
          <tbody>
            {Object.entries(methods).map(([id, { sparseness, warnings }]) => (
              <tr key={id}>
                <th scope="row">{id}</th>
                <td>
                  {sparseness.mean.toFixed(3)} ± {sparseness.error.toFixed(3)}
                </td>
                {codes.map((code) => (
                  <td key={code}>
                    {warnings[code] ?? 0} of {inputs}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {codes.length === 0 && <p class="lead">None came with a warning.</p>}
    </section>
  );
}
