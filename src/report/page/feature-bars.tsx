import { counted } from '../../core/counted.ts';
import type { FeatureMean } from '../feature-sums.ts';
import type { ReportData } from '../page-data.ts';
import { methodOf } from './state.ts';
import { short } from './words.ts';

/** The strongest words, columns or windows of each predicted class. */
export function FeatureClasses({ data }: { readonly data: ReportData }) {
  const { classes, noun } = data.summary;
  const byName = data.summary.methods[methodOf(data)]?.classes ?? {};
  const present = classes.flatMap((name) => {
    const summary = byName[name];
    return summary?.features ? [{ name, count: summary.count, features: summary.features }] : [];
  });
  return (
    <section id="classes-section">
      <h2>What each class depends on</h2>
      <p class="lead">
        The features with the largest values over all inputs of a predicted class. The number is the mean value where
        the feature occurs: for the class to the right, against it to the left.
      </p>
      <div class="feature-classes">
        {present.map(({ name, count, features }) => (
          <div key={name} class="card">
            <h3>
              {name} <span class="name">{counted(count, noun)}</span>
            </h3>
            <FeatureTable features={features} noun={noun} />
            <Swarm drawing={data.swarms[methodOf(data)]?.[name]} name={name} />
          </div>
        ))}
      </div>
    </section>
  );
}

/** All rows of a class in one drawing, where they are rows of a table. */
function Swarm({ drawing, name }: { readonly drawing: string | undefined; readonly name: string }) {
  if (drawing === undefined) return null;
  const src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawing)}`;
  return (
    <img
      class="drawing"
      loading="lazy"
      src={src}
      alt={`Every row of ${name}: a line for each column, a dot for each row`}
    />
  );
}

interface FeatureTableProps {
  readonly features: readonly FeatureMean[];
  readonly noun: string;
}

function FeatureTable({ features, noun }: FeatureTableProps) {
  const largest = Math.max(...features.map(({ mean }) => Math.abs(mean))) || 1;
  return (
    <table class="feature-table">
      <tbody>
        {features.map(({ name, mean, count }) => (
          <tr key={name} title={`in ${counted(count, noun)}`}>
            <th scope="row">{name}</th>
            <td>
              <span class="signed">
                <i
                  class={mean < 0 ? 'against' : 'for'}
                  style={{ '--share': `${Math.round((50 * Math.abs(mean)) / largest)}%` }}
                />
              </span>
            </td>
            <td class="value">{`${mean > 0 ? '+' : ''}${short(mean)}`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
