import { noun } from '../../core/counted.ts';
import type { MetricText, MetricTexts } from '../page-data.ts';
import type { Mean, Summary } from '../summary.ts';
import { LinePlot } from './line-plot.tsx';
import { methodsOf } from './state.ts';
import { TableHead } from './table-head.tsx';
import { short } from './words.ts';

/** Label of the horizontal axis for the curve of each metric. */
const AXES: Readonly<Record<string, string>> = {
  insertion: 'features put in',
  deletion: 'features taken away',
  road: 'pixels removed',
  pixel_flipping: 'features removed',
  region_perturbation: 'regions removed',
  selectivity: 'regions removed',
  irof: 'segments removed',
  monotonicity: 'features put in',
  sensitivity_n: 'features removed',
  comprehensiveness: 'words removed',
  sufficiency: 'words left',
  parameter_randomisation: 'layers shuffled',
  smooth_parameter_randomisation: 'layers shuffled',
};

const ARROWS = { higher: '↑', lower: '↓', neither: '' } as const;

/** Ids of the metrics that were measured. */
export const metricsOf = ({ methods }: Summary): string[] => [
  ...new Set(Object.values(methods).flatMap(({ metrics }) => Object.keys(metrics))),
];

interface MeasuresProps {
  readonly summary: Summary;
  readonly metrics: MetricTexts;
}

/** Section on the metrics: what the figures are, and the figures. */
export const MeasuresCard = (props: MeasuresProps) => (
  <section id="measures" class="card">
    <h2>How faithful the methods are</h2>
    <p class="lead">
      Mean over the {noun(2, props.summary.noun)} ± standard error. An arrow says which way is better; the best method
      is in colour.
    </p>
    <Measures {...props} />
  </section>
);

/** The metrics of several methods: a table with bars, and plots. */
function Measures({ summary, metrics }: MeasuresProps) {
  const ids = methodsOf({ summary });
  return (
    <>
      <div class="scroll">
        <table class="measures">
          <TableHead columns={ids} />
          <tbody>
            {metricsOf(summary).map((metric) => (
              <MetricRow
                key={metric}
                text={metrics[metric] ?? { title: metric, summary: '', better: 'neither' }}
                means={ids.map((id) => summary.methods[id]?.metrics[metric])}
              />
            ))}
          </tbody>
        </table>
      </div>
      <Plots summary={summary} metrics={metrics} />
    </>
  );
}

function MetricRow({ text, means }: { readonly text: MetricText; readonly means: readonly (Mean | undefined)[] }) {
  const best = bestOf(means, text.better);
  const largest = Math.max(...means.map((mean) => Math.abs(mean?.mean ?? 0))) || 1;
  return (
    <tr>
      <th scope="row">
        {text.title}{' '}
        <span class="arrow" title={`${text.better} is better`}>
          {ARROWS[text.better]}
        </span>
        <small>{text.summary}</small>
      </th>
      {means.map((mean, i) => (
        <MeanCell key={i} mean={mean} largest={largest} best={i === best} />
      ))}
    </tr>
  );
}

interface MeanCellProps {
  readonly mean: Mean | undefined;
  readonly largest: number;
  readonly best: boolean;
}

function MeanCell({ mean, largest, best }: MeanCellProps) {
  if (!mean || mean.count === 0) return <td class="none">does not apply</td>;
  return (
    <td class={best ? 'best' : ''}>
      <span class="value">{short(mean.mean)}</span> <span class="error">± {short(mean.error)}</span>
      <span class="bar">
        <i style={{ width: `${Math.round((100 * Math.abs(mean.mean)) / largest)}%` }} />
      </span>
    </td>
  );
}

/** @returns the number of the best mean; -1 where none is better than the others */
function bestOf(means: readonly (Mean | undefined)[], better: MetricText['better']): number {
  if (better === 'neither' || means.length < 2) return -1;
  const sign = better === 'higher' ? 1 : -1;
  const values = means.map((mean) => (mean && mean.count > 0 ? sign * mean.mean : -Infinity));
  return values.indexOf(Math.max(...values));
}

/** The curves of the metrics that have one, with a legend. */
function Plots({ summary, metrics }: MeasuresProps) {
  const ids = methodsOf({ summary });
  const plots = metricsOf(summary).flatMap((metric) => {
    const lines = ids.flatMap((name) => {
      const curve = summary.methods[name]?.curves[metric];
      return curve ? [{ name, ...curve }] : [];
    });
    return lines.length > 0 ? [{ metric, lines }] : [];
  });
  if (plots.length === 0) return null;
  return (
    <>
      <div class="legend">
        {ids.map((id, i) => (
          <span key={id} class="key">
            <i class={`swatch-${i}`} />
            {id}
          </span>
        ))}
      </div>
      <div class="plots">
        {plots.map(({ metric, lines }) => {
          const title = metrics[metric]?.title ?? metric;
          return (
            <figure key={metric}>
              <figcaption>{title}</figcaption>
              <LinePlot title={title} lines={lines} xTitle={AXES[metric] ?? 'share'} />
            </figure>
          );
        })}
      </div>
    </>
  );
}
