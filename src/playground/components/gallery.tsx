import { useRef, useState } from 'preact/hooks';
import { chooseModel } from '../actions.ts';
import type { ModelInfo } from '../api.ts';
import { guarded } from '../guarded.ts';
import { kindOf } from '../kind-of.ts';
import { api, model, models } from '../state.ts';

const KINDS: Readonly<Record<string, string>> = {
  image: 'Image',
  text: 'Text',
  tabular: 'Table',
  series: 'Series',
  audio: 'Sound',
  tensor: 'Tensor',
};

/** A dialog with a card for each model: kind of data, task, description. */
export function Gallery() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [known, setKnown] = useState<readonly ModelInfo[]>([]);
  const show = () => {
    dialog.current?.showModal();
    void guarded(async () => setKnown(await Promise.all(models.value.map((name) => api.value.model(name)))));
  };
  const choose = (name: string) => {
    dialog.current?.close();
    void chooseModel(name);
  };
  return (
    <>
      <button type="button" onClick={show}>
        All models
      </button>
      <dialog ref={dialog} class="gallery" aria-labelledby="gallery-title">
        <h2 id="gallery-title">Models of this server</h2>
        {known.length === 0 && <p class="hint">Looking …</p>}
        <ul>
          {known.map((info) => (
            <li key={info.name}>
              <button type="button" aria-pressed={info.name === model.value?.name} onClick={() => choose(info.name)}>
                <span class="name">{info.name}</span>
                <span class="hint">
                  {KINDS[kindOf(info)]}, {info.facts.explained.task.value.replaceAll('_', ' ')}
                </span>
                {info.description && <span class="hint">{info.description}</span>}
              </button>
            </li>
          ))}
        </ul>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </dialog>
    </>
  );
}
