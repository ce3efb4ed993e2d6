import { noun } from '../../core/counted.ts';
import type { EvaluationData } from '../page-data.ts';
import { Masthead, type Tile } from './masthead.tsx';
import { MeasuresCard } from './measures.tsx';
import { Provenance } from './provenance.tsx';
import { methodsOf } from './state.ts';

/** The page that `evaluate` writes: table, plots, and what it takes to repeat them. Runs no program. */
export function Evaluation({ data: { model, summary, metrics, provenance } }: { readonly data: EvaluationData }) {
  const { inputs, noun: one, known, correct } = summary;
  const methods = methodsOf({ summary }).length;
  const tiles: Tile[] = [
    [String(inputs), noun(inputs, one)],
    ...(known > 0 ? ([[`${((100 * correct) / known).toFixed(1)} %`, 'accuracy']] satisfies Tile[]) : []),
    [String(methods), noun(methods, 'method')],
  ];
  return (
    <>
      <Masthead kind="whylight evaluate" title={model.name} tiles={tiles} />
      <main>
        <MeasuresCard summary={summary} metrics={metrics} />
        <Provenance data={provenance} />
      </main>
    </>
  );
}
