import { useRef } from 'preact/hooks';

/** A dialog that explains the page in thirty seconds. */
export function Guide() {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button type="button" onClick={() => dialog.current?.showModal()}>
        Guide
      </button>
      <dialog ref={dialog} aria-labelledby="guide-title">
        <h2 id="guide-title">The page in thirty seconds</h2>
        <ol>
          <li>Choose an input: a sample, or your own image, text, row or sound. Drop it anywhere.</li>
          <li>Read the prediction. Click a class to ask why the model sees that one.</li>
          <li>Look at what is warm or red: those parts speak for the class.</li>
          <li>Doubt it: cover the region, leave the word out, move the slider. Does the prediction follow?</li>
          <li>Compare a second method. Where both agree, the explanation is worth more.</li>
          <li>Drop an .onnx file to do the same with your own model. It stays in this page.</li>
        </ol>
        <p>
          More in the <a href="./docs/">documents</a>, with tutorials and a page on each method, and in the{' '}
          <a href="./docs/api">operations of the HTTP interface</a>.
        </p>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </dialog>
    </>
  );
}
