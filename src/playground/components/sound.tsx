import { useEffect, useMemo, useState } from 'preact/hooks';
import { useFile } from '../actions.ts';
import { guarded } from '../guarded.ts';
import { record } from '../recording.ts';
import { input } from '../state.ts';

/** Seconds of a recording. */
const LENGTH = 2;

/** The sound that is explained, to be heard, and a button that records another. */
export function Sound() {
  const [recording, setRecording] = useState(false);
  const blob = input.value?.blob;
  const url = useMemo(() => blob && URL.createObjectURL(blob), [blob]);
  useEffect(() => () => url && URL.revokeObjectURL(url), [url]);
  const start = () => {
    setRecording(true);
    void guarded(async () => useFile(await record(LENGTH))).finally(() => setRecording(false));
  };
  return (
    <>
      {/* biome-ignore lint/a11y/useMediaCaption: nothing is known of what is said. */}
      {url && <audio controls src={url} aria-label="The sound that is explained" />}
      <div class="row">
        <button type="button" disabled={recording} onClick={start}>
          {recording ? `Recording ${LENGTH} seconds …` : `Record ${LENGTH} seconds`}
        </button>
      </div>
    </>
  );
}
