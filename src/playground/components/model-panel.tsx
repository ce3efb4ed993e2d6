import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { TASK_IDS } from '../../core/model/description.ts';
import { editOwn, returnToOwn } from '../own-model.ts';
import { kind, model, own } from '../state.ts';
import { PreprocessingForm } from './preprocessing-form.tsx';
import { UploadForm } from './upload-form.tsx';

/** The model that the user brought: facts, doubts, and a form for what was understood wrong. */
export function ModelPanel() {
  const { value } = own;
  if (!value) return null;
  const { understood, guess } = value;
  const { info, notices } = understood;
  if (model.value?.own !== value.key) {
    return (
      <section class="own" aria-label="Your model">
        <button type="button" onClick={() => void returnToOwn()}>
          Back to {info.name}
        </button>
      </section>
    );
  }
  return (
    <section class="own" aria-labelledby="own-title">
      <h2 id="own-title">{info.name}</h2>
      <p class="hint">Your model runs in this page. Neither it nor your data is sent anywhere.</p>
      {notices.map((notice) => (
        <p key={notice} class="hint">
          {notice}
        </p>
      ))}
      {guess !== undefined && <p class="unsure">{guess} Check it below.</p>}
      <Doubts />
      <TaskField />
      <LabelsField />
      {(kind.value === 'image' || guess !== undefined) && <PreprocessingForm />}
      <Tensors />
      <UploadForm />
    </section>
  );
}

function Doubts() {
  const doubts = model.value?.facts.doubts ?? [];
  if (doubts.length === 0) return null;
  return (
    <ul class="doubts" aria-label="Doubts">
      {doubts.map(({ about, message, blocking }) => (
        <li key={`${about}${message}`} class={blocking ? 'failure' : 'hint'}>
          {message}
        </li>
      ))}
    </ul>
  );
}

function TaskField() {
  const { value, source } = model.value?.facts.explained.task ?? { value: 'values', source: 'default' };
  const known: readonly string[] = TASK_IDS;
  return (
    <label class="stacked">
      Task ({sourceWords(source)})
      <select
        value={value}
        onChange={({ currentTarget }) => void editOwn({ ...own.value?.edits, task: currentTarget.value })}
      >
        {[...known, ...(known.includes(value) ? [] : [value])].map((task) => (
          <option key={task} value={task}>
            {task.replaceAll('_', ' ')}
          </option>
        ))}
      </select>
    </label>
  );
}

function LabelsField() {
  const labels = model.value?.labels ?? [];
  const given = labels.join('\n');
  const [text, setText] = useState(given);
  useEffect(() => setText(given), [given]);
  return (
    <details>
      <summary>{labels.length > 0 ? `${labels.length} class names` : 'Class names: none yet'}</summary>
      <label class="stacked">
        One a line, in the order of the output
        <textarea
          rows={6}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
          onChange={({ currentTarget: { value } }) => {
            const { labels: _, ...others } = own.value?.edits ?? {};
            const lines = value.split('\n').map((line) => line.trim());
            const names = lines.filter((line) => line !== '');
            void editOwn(names.length > 0 ? { ...others, labels: names } : others);
          }}
        />
      </label>
    </details>
  );
}

/** Inputs and outputs with what was understood of them, and from where. */
function Tensors() {
  const facts = model.value?.facts;
  if (!facts) return null;
  const shape = (dims: readonly (number | string)[]) => dims.join(' × ');
  return (
    <details>
      <summary>Inputs and outputs</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Tensor</th>
            <th scope="col">Shape</th>
            <th scope="col">Understood as</th>
          </tr>
        </thead>
        <tbody>
          {facts.inputs.map(({ name, dtype, shape: dims, modality, role, layout }) => (
            <TensorRow key={`in ${name}`} name={name} type={`${dtype} ${shape(dims)}`}>
              {modality.value}, {layout.value}, {role.value} ({sourceWords(modality.source)})
            </TensorRow>
          ))}
          {facts.outputs.map(({ name, dtype, shape: dims, task, activation }) => (
            <TensorRow key={`out ${name}`} name={name} type={`${dtype} ${shape(dims)}`}>
              {task.value.replaceAll('_', ' ')}
              {activation.value !== 'none' && `, ${activation.value}`} ({sourceWords(task.source)})
            </TensorRow>
          ))}
        </tbody>
      </table>
    </details>
  );
}

/** Source of a fact in words. */
function sourceWords(source: string): string {
  const [kind = '', name] = source.split(':');
  return WORDS[kind] ?? (name === undefined ? kind : `from ${name}`);
}

const WORDS: Readonly<Record<string, string>> = {
  request: 'as you said',
  manifest: 'from the manifest',
  graph: 'read off the graph',
  default: 'a guess',
};

interface TensorRowProps {
  readonly name: string;
  readonly type: string;
  readonly children: ComponentChildren;
}

/** Row of a tensor: its name, its type, and how it is understood. */
const TensorRow = ({ name, type, children }: TensorRowProps) => (
  <tr>
    <th scope="row">{name}</th>
    <td>{type}</td>
    <td>{children}</td>
  </tr>
);
