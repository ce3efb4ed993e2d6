import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { ModalityId } from '../../core/model/description.ts';
import { useFile, useSample } from '../actions.ts';
import { dataSamples } from '../data-samples.ts';
import { SAMPLES } from '../image-input.ts';
import { input, kind, model } from '../state.ts';
import { Camera } from './camera.tsx';
import { Sound } from './sound.tsx';
import { TableForm } from './table-form.tsx';
import { TextEditor } from './text-editor.tsx';
import { useDrop } from './use-drop.ts';

/** Title, hint, and types of the file dialog. */
type KindOfInput = readonly [title: string, hint: string, accept: string];

const KINDS: Readonly<Record<string, KindOfInput>> = {
  image: ['Image', 'Drop or paste your own image anywhere on this page, or take a sample.', 'image/*'],
  text: ['Text', 'Write a text, or drop a file of one.', '.txt'],
  tabular: ['Row', 'Change the row, or drop a CSV or JSON file with one row.', '.csv,.json'],
  series: ['Series', 'Change the numbers, or drop a CSV, JSON or npy file.', '.csv,.json,.npy'],
  audio: ['Sound', 'Drop a sound file, or record one.', 'audio/*,.wav'],
};
const OTHER: KindOfInput = [
  'Input',
  'Drop a file with the tensor: .npy, .npz or .json, with the shape that the model takes.',
  '.npy,.npz,.json',
];

/** Input of the model: drop, paste, file dialog, an editor, or one of the samples. */
export function Intake() {
  const hovering = useDrop();
  const small = input.value !== undefined;
  const [title, hint, accept] = KINDS[kind.value] ?? OTHER;
  return (
    <section class={`intake ${small ? 'small' : ''} ${hovering ? 'hovering' : ''}`} aria-labelledby="intake-title">
      <h2 id="intake-title">{title}</h2>
      <p class="hint">{hint}</p>
      {EDITORS[kind.value]?.()}
      <div class="row">
        <FilePicker accept={accept} isFirst={!small} />
        {kind.value === 'image' && <CameraButton />}
      </div>
      {kind.value === 'image' ? <ImageSamples /> : <DataSamples />}
      {input.value?.note && <p class="hint">{input.value.note}</p>}
    </section>
  );
}

const EDITORS: Readonly<Partial<Record<ModalityId, () => ComponentChildren>>> = {
  text: () => (
    <TextEditor
      label={
        model.value?.facts.explained.task.value === 'question_answering'
          ? 'Question on the first line, text below it'
          : 'Text'
      }
    />
  ),
  series: () => <TextEditor label="Numbers" />,
  tabular: () => <TableForm />,
  audio: () => <Sound />,
};

function FilePicker({ accept, isFirst }: { readonly accept: string; readonly isFirst: boolean }) {
  const file = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class={isFirst ? 'primary' : ''} onClick={() => file.current?.click()}>
        Pick a file
      </button>
      <input
        ref={file}
        type="file"
        class="input-file"
        accept={accept}
        hidden
        onChange={({ currentTarget }) => {
          const [chosen] = currentTarget.files ?? [];
          if (chosen) void useFile(chosen);
          currentTarget.value = '';
        }}
      />
    </>
  );
}

function CameraButton() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        Camera
      </button>
      {open && <Camera done={() => setOpen(false)} />}
    </>
  );
}

const ImageSamples = () => (
  <ul class="samples" aria-label="Samples">
    {SAMPLES.map((sample) => (
      <li key={sample}>
        <button
          type="button"
          aria-pressed={input.value?.sample === sample}
          aria-label={`Sample: ${sample.replaceAll('-', ' ')}`}
          onClick={() => void useSample(sample)}
        >
          <img src={`./playground/samples/${sample}.jpg`} alt="" width="64" height="48" loading="lazy" />
        </button>
      </li>
    ))}
  </ul>
);

function DataSamples() {
  const samples = model.value ? dataSamples(model.value) : [];
  if (samples.length === 0) return null;
  return (
    <ul class="samples" aria-label="Samples">
      {samples.map(({ name }) => (
        <li key={name}>
          <button
            type="button"
            class="named"
            aria-pressed={input.value?.sample === name}
            onClick={() => void useSample(name)}
          >
            {name}
          </button>
        </li>
      ))}
    </ul>
  );
}
