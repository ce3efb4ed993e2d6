import { useMemo } from 'preact/hooks';
import { counted } from '../../core/counted.ts';
import type { PageRecord, ReportData } from '../page-data.ts';
import type { ClassSummary } from '../summary.ts';
import { MeanMap } from './map-canvas.tsx';
import { methodOf } from './state.ts';
import { TableHead } from './table-head.tsx';
import { percent } from './words.ts';

interface ClassesProps {
  readonly data: ReportData;
  readonly records: readonly PageRecord[];
}

/** Mean map and mean image of each predicted class, and the position of the positive values. */
export function Classes({ data, records }: ClassesProps) {
  const byName = data.summary.methods[methodOf(data)]?.classes ?? {};
  const classes = data.summary.classes.flatMap((name) => {
    const summary = byName[name];
    return summary ? [{ name, summary }] : [];
  });
  return (
    <section id="classes-section">
      <h2>Where each class is seen</h2>
      <p class="lead">
        Mean map over the mean image of each predicted class, and the position of the positive values. Centre: the
        middle quarter of the area. Border: the outermost eighth on each side.
      </p>
      <div class="columns">
        <div id="classes" class="grid">
          {classes.map((one) => (
            <ClassCell key={one.name} {...one} records={records} />
          ))}
        </div>
        <div class="card scroll">
          <MassTable classes={classes} />
        </div>
      </div>
    </section>
  );
}

interface NamedClass {
  readonly name: string;
  readonly summary: ClassSummary;
}

function ClassCell({ name, summary, records }: NamedClass & Pick<ClassesProps, 'records'>) {
  const members = useMemo(() => records.filter(({ said }) => said === name), [records, name]);
  const map = useMemo(
    () => summary.map && { ...summary.map, values: Float32Array.from(summary.map.values) },
    [summary],
  );
  return (
    <div class="cell">
      <MeanMap members={members} map={map} width={128} label={`mean map of ${name}`} />
      <div class="said">{name}</div>
      <div class="name">{counted(summary.count, 'image')}</div>
    </div>
  );
}

const COLUMNS = [
  ['centre', 'in the centre'],
  ['border', 'at the border'],
  ['outside', 'off the object'],
] as const;

/** A share is marked when it exceeds the median of the classes by this factor. */
const UNUSUAL = 1.3;

function MassTable({ classes }: { readonly classes: readonly NamedClass[] }) {
  const columns = COLUMNS.filter(([key]) => classes.some(({ summary }) => summary[key] !== undefined));
  return (
    <table class="mass">
      <TableHead columns={columns.map(([, title]) => title)} />
      <tbody>
        {classes.map(({ name, summary }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {columns.map(([key]) => {
              const share = summary[key];
              const far = key !== 'centre' && classes.length > 2 && (share ?? 0) > UNUSUAL * median(classes, key);
              return (
                <td key={key} class={far ? 'mark' : ''}>
                  {percent(share)}
                  <span class="bar">
                    <i style={{ width: `${100 * (share ?? 0)}%` }} />
                  </span>
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function median(classes: readonly NamedClass[], key: (typeof COLUMNS)[number][0]): number {
  const shares = classes.map(({ summary }) => summary[key] ?? 0).sort((a, b) => a - b);
  return shares[Math.floor(shares.length / 2)] ?? 0;
}
