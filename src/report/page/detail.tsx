import { useEffect, useRef } from 'preact/hooks';
import { percent } from '../../core/model/confidence.ts';
import type { PageMap, PageRecord, ReportData } from '../page-data.ts';
import { InputView } from './drawing.tsx';
import { ImageMap } from './map-canvas.tsx';
import { methodsOf, opened } from './state.ts';
import { short } from './words.ts';

const WIDTH = 220;

/** Dialog with one input: as the model sees it, and with what every method says of it. */
export function Detail({ data }: { readonly data: ReportData }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const record = opened.value;
  useEffect(() => {
    if (record) dialog.current?.showModal();
    else dialog.current?.close();
  }, [record]);
  const close = () => {
    opened.value = undefined;
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the dialog closes it, and so does the Escape key
    <dialog ref={dialog} onClose={close} onClick={({ target }) => target === dialog.current && close()}>
      {record && (
        <>
          <h2>{record.name}</h2>
          <p>
            {record.truth !== undefined && `True class: ${record.truth}. `}
            Predicted: {record.top.map(predictionText).join(', ') || record.said}
            {record.doubt && `. ${record.doubt}`}
          </p>
          <div class="row">
            {record.thumbnail !== '' && (
              <figure>
                <ImageMap record={record} width={WIDTH} />
                <figcaption>as the model sees it</figcaption>
              </figure>
            )}
            {methodsOf(data)
              .filter((method) => record.methods[method])
              .map((method) => (
                <MethodFigure key={method} record={record} method={method} />
              ))}
          </div>
          <p>
            <button type="button" onClick={close}>
              Close
            </button>
          </p>
        </>
      )}
    </dialog>
  );
}

const predictionText = ({ label, probability, score }: PageRecord['top'][number]): string =>
  `${label} ${probability === undefined ? score.toFixed(2) : percent(probability)}`;

function MethodFigure({ record, method }: { readonly record: PageRecord; readonly method: string }) {
  const one = record.methods[method];
  return (
    <figure class={record.thumbnail === '' ? 'wide' : ''}>
      <InputView record={record} width={WIDTH} method={method} />
      <figcaption>
        <b>{method}</b> for {one?.target}
        {one && factsOf(one).map((fact) => <div key={fact}>{fact}</div>)}
      </figcaption>
    </figure>
  );
}

const factsOf = ({ score, metrics, warnings }: PageMap): string[] => [
  `score ${score.toFixed(3)}`,
  ...Object.entries(metrics).flatMap(([id, value]) => (value === null ? [] : [`${id} ${short(value)}`])),
  ...warnings.map((code) => `warning: ${code}`),
];
