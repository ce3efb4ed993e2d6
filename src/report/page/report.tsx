/** The page of a report. On Node it is rendered without records; the browser draws them in. */
import { noun } from '../../core/counted.ts';
import type { PageRecord, ReportData } from '../page-data.ts';
import type { Summary } from '../summary.ts';
import { Classes } from './classes.tsx';
import { Confusion } from './confusion.tsx';
import { Detail } from './detail.tsx';
import { Diagnostics } from './diagnostics.tsx';
import { FeatureClasses } from './feature-bars.tsx';
import { FeatureFindings } from './feature-findings.tsx';
import { Findings } from './findings.tsx';
import { Gallery, Mistakes } from './gallery.tsx';
import { Masthead, type Tile } from './masthead.tsx';
import { MeasuresCard, metricsOf } from './measures.tsx';
import { Provenance } from './provenance.tsx';
import { chooseMethod, methodOf, methodsOf, opacity } from './state.ts';
import { titled } from './words.ts';

interface ReportProps {
  readonly data: ReportData;
  readonly records: readonly PageRecord[];
}

export function Report({ data, records }: ReportProps) {
  const { model, summary, metrics, provenance } = data;
  const wrong = summary.known - summary.correct;
  const measured = metricsOf(summary).length > 0;
  const isOfImages = summary.noun === 'image';
  const sections = [
    ['findings', 'Stands out'],
    ...(wrong > 0 ? [['mistakes-section', 'Mistakes']] : []),
    ['classes-section', 'Classes'],
    ...(measured ? [['measures', 'Faithfulness']] : []),
    ['images', titled(summary.noun)],
    ['provenance', 'Provenance'],
  ] as [string, string][];
  return (
    <>
      <Masthead kind="whylight report" title={`${model.name} ${model.version}`} tiles={tilesOf(summary)} />
      <Tools data={data} sections={sections} isOfImages={isOfImages} />
      <main>
        <noscript>
          <p class="card">
            This page draws its maps with a script in this file; please allow it to run. It loads nothing.
          </p>
        </noscript>
        <section id="findings" class="first">
          {isOfImages ? <Findings data={data} records={records} /> : <FeatureFindings data={data} records={records} />}
          {summary.known > 0 && <Confusion summary={summary} />}
        </section>
        {wrong > 0 && <Mistakes data={data} records={records} />}
        {isOfImages ? <Classes data={data} records={records} /> : <FeatureClasses data={data} />}
        {measured && <MeasuresCard summary={summary} metrics={metrics} />}
        <Diagnostics summary={summary} />
        <Gallery data={data} records={records} />
        <Provenance data={provenance} />
      </main>
      <Detail data={data} />
    </>
  );
}

/** Number of inputs, accuracy where the classes are known, number of classes. */
function tilesOf({ inputs, noun: one, known, correct, classes }: Summary): Tile[] {
  const wrong = known - correct;
  return [
    [String(inputs), noun(inputs, one)],
    ...(known > 0
      ? ([
          [`${((100 * correct) / known).toFixed(1)} %`, 'accuracy'],
          [String(wrong), noun(wrong, 'mistake')],
        ] satisfies Tile[])
      : []),
    [String(classes.length), noun(classes.length, 'class')],
  ];
}

interface ToolsProps {
  readonly data: ReportData;
  /** Id and title. */
  readonly sections: readonly (readonly [string, string])[];
  readonly isOfImages: boolean;
}

/** Controls that stay in sight: method, strength of the maps, and links to the sections. */
const Tools = ({ data, sections, isOfImages }: ToolsProps) => (
  <div class="tools">
    <form onSubmit={(event) => event.preventDefault()}>
      <label>
        Method
        <select id="method" value={methodOf(data)} onChange={({ currentTarget }) => chooseMethod(currentTarget.value)}>
          {methodsOf(data).map((id) => (
            <option key={id}>{id}</option>
          ))}
        </select>
      </label>
      {isOfImages && (
        <label>
          Map
          <input
            id="opacity"
            type="range"
            min="0"
            max="1"
            step="0.05"
            value={opacity.value}
            aria-label="opacity of the map"
            onInput={({ currentTarget }) => (opacity.value = Number(currentTarget.value))}
          />
        </label>
      )}
      <nav>
        {sections.map(([id, title]) => (
          <a key={id} href={`#${id}`}>
            {title}
          </a>
        ))}
      </nav>
    </form>
  </div>
);
