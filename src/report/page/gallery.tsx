import { useState } from 'preact/hooks';
import { percent } from '../../core/model/confidence.ts';
import type { PageRecord, ReportData } from '../page-data.ts';
import { InputButton } from './drawing.tsx';
import { Filters } from './filters.tsx';
import { filter, isWrong, methodOf } from './state.ts';
import { titled } from './words.ts';

/** Inputs that a page of the gallery and of the mistakes holds. */
const [GALLERY_PAGE, MISTAKES_PAGE] = [48, 18];

interface GalleryProps {
  readonly data: ReportData;
  readonly records: readonly PageRecord[];
}

/** Every input, mistakes first, by the reader's choice. */
export function Gallery({ data, records }: GalleryProps) {
  const { truth, said, only, members } = filter.value;
  const chosen = records
    .filter((record) => !members || members.has(record))
    .filter((record) => !truth || record.truth === truth)
    .filter((record) => !said || record.said === said)
    .filter((record) => !only || (only === 'wrong') === isWrong(record))
    .sort((a, b) => Number(isWrong(b)) - Number(isWrong(a)));
  return (
    <section id="images">
      <h2>{titled(data.summary.noun)}</h2>
      <Filters summary={data.summary} count={chosen.length} />
      <div id="list">
        <Pages
          key={JSON.stringify([truth, said, only, members?.size])}
          data={data}
          records={chosen}
          size={GALLERY_PAGE}
        />
      </div>
    </section>
  );
}

/** Wrong predictions, the most probable first. */
export function Mistakes({ data, records }: GalleryProps) {
  const wrong = records.filter(isWrong).sort((a, b) => certainty(b) - certainty(a));
  return (
    <section id="mistakes-section">
      <h2>Mistakes</h2>
      <p class="lead">Highest probability first: what the model went by when it was wrong.</p>
      <div id="mistakes">
        <Pages data={data} records={wrong} size={MISTAKES_PAGE} />
      </div>
    </section>
  );
}

const certainty = ({ top: [first] }: PageRecord): number => first?.probability ?? first?.score ?? 0;

/** The first inputs, and a button for more of them. */
function Pages({ data, records, size }: GalleryProps & { readonly size: number }) {
  const [shown, setShown] = useState(size);
  const method = methodOf(data);
  const rest = records.length - shown;
  return (
    <>
      <div class={data.summary.noun === 'image' ? 'grid' : 'wide-grid'}>
        {records.slice(0, shown).map((record) => (
          <Cell key={record.name} record={record} method={method} />
        ))}
      </div>
      {rest > 0 && (
        <p class="more">
          <button type="button" onClick={() => setShown(shown + size)}>
            Show {Math.min(size, rest)} more of {rest}
          </button>
        </p>
      )}
    </>
  );
}

function Cell({ record, method }: { readonly record: PageRecord; readonly method: string }) {
  const wrong = isWrong(record);
  const probability = record.top[0]?.probability;
  return (
    <div class="cell">
      <InputButton record={record} method={method} width={128} />
      <div class={`said ${wrong ? 'wrong' : ''}`}>
        {record.said} {probability !== undefined && <span class="name">{percent(probability)}</span>}
      </div>
      {record.doubt && <div class="doubt">{record.doubt}</div>}
      {wrong && <div>true class: {record.truth}</div>}
      <div class="name">{record.name}</div>
    </div>
  );
}
