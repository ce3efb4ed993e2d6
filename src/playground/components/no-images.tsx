import { model } from '../state.ts';

/** A model whose input is no image: says what it takes, and how to ask it elsewhere. */
export function NoImages() {
  const { value } = model;
  if (!value) return null;
  const kind = value.facts.inputs[0]?.modality.value ?? 'tensor';
  const { type, file, flag } = REQUESTS[kind] ?? OTHER;
  return (
    <main class="no-images">
      <section class="welcome" id="maps">
        <h2>{value.name} takes no images</h2>
        <p>{value.description}</p>
        <p>
          Its input is {NAMES[kind] ?? 'a tensor'}:{' '}
          {value.inputs.map(({ name, datatype, shape }) => `${name} (${datatype}, ${shape.join(' × ')})`).join(', ')}. A
          size of -1 is open. This page shows images. Ask the model over HTTP or from the command line, which draw its
          explanation as well, or choose another model above.
        </p>
        <pre>{`curl -H 'content-type: ${type}' -H 'accept: text/html' --data-binary @${file} \\
  '${location.origin}/v2/models/${encodeURIComponent(value.name)}/explain' > explanation.html`}</pre>
        <pre>{`npx whylight explain ${flag} --model ${value.name} -o explanation.html`}</pre>
      </section>
    </main>
  );
}

interface Request {
  readonly type: string;
  readonly file: string;
  readonly flag: string;
}

const OTHER: Request = { type: 'application/x-npy', file: 'input.npy', flag: '--input input.npy' };
const REQUESTS: Readonly<Record<string, Request>> = {
  text: { type: 'text/plain', file: 'text.txt', flag: "--text 'a text'" },
  tabular: { type: 'text/csv', file: 'rows.csv', flag: '--input rows.csv' },
  series: { type: 'text/csv', file: 'series.csv', flag: '--input series.csv' },
  audio: { type: 'audio/wav', file: 'sound.wav', flag: '--input sound.wav' },
};
const NAMES: Readonly<Record<string, string>> = {
  text: 'a text',
  tabular: 'a row of a table',
  series: 'a time series',
  audio: 'a sound',
  image: 'an image, but its manifest does not say how it is scaled',
};
