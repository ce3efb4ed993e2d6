import { useEffect, useRef, useState } from 'preact/hooks';
import { useFile, useSample } from '../actions.ts';
import { SAMPLES } from '../image-input.ts';
import { input } from '../state.ts';
import { Camera } from './camera.tsx';

/** Image input: drop, paste, file dialog, camera, or one of the samples. */
export function Intake() {
  const file = useRef<HTMLInputElement>(null);
  const [hovering, setHovering] = useState(false);
  const [camera, setCamera] = useState(false);
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const item = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'));
      if (!item) return;
      event.preventDefault();
      void useFile(item, 'pasted image');
    };
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      setHovering(true);
    };
    const leave = (event: DragEvent) => event.relatedTarget === null && setHovering(false);
    const drop = (event: DragEvent) => {
      event.preventDefault();
      setHovering(false);
      const [dropped] = event.dataTransfer?.files ?? [];
      if (dropped) void useFile(dropped, dropped.name);
    };
    document.addEventListener('paste', paste);
    document.addEventListener('dragover', over);
    document.addEventListener('dragleave', leave);
    document.addEventListener('drop', drop);
    return () => {
      document.removeEventListener('paste', paste);
      document.removeEventListener('dragover', over);
      document.removeEventListener('dragleave', leave);
      document.removeEventListener('drop', drop);
    };
  }, []);
  const small = input.value !== undefined;
  return (
    <section class={`intake ${small ? 'small' : ''} ${hovering ? 'hovering' : ''}`} aria-labelledby="intake-title">
      <h2 id="intake-title">Image</h2>
      <p class="hint">Drop or paste your own image anywhere on this page, or take a sample.</p>
      <div class="row">
        <button type="button" class={small ? '' : 'primary'} onClick={() => file.current?.click()}>
          Pick a file
        </button>
        <button type="button" onClick={() => setCamera(true)}>
          Camera
        </button>
        <input
          ref={file}
          type="file"
          accept="image/*"
          hidden
          onChange={({ currentTarget }) => {
            const [chosen] = currentTarget.files ?? [];
            if (chosen) void useFile(chosen, chosen.name);
            currentTarget.value = '';
          }}
        />
      </div>
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
      {input.value?.note && <p class="hint">{input.value.note}</p>}
      {camera && <Camera done={() => setCamera(false)} />}
    </section>
  );
}
