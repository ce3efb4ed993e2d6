import { useEffect, useState } from 'preact/hooks';
import type { FrameMap, LiveMethod } from '../browser/messages.ts';
import { asFailure } from '../guarded.ts';
import { explainLive } from '../live.ts';
import { inPage } from '../runs.ts';
import { model, view } from '../state.ts';
import { Select } from './select.tsx';

const METHODS: Readonly<Record<LiveMethod, string>> = { grad_cam: 'Grad-CAM', recipro_cam: 'Recipro-CAM' };

/** Class and frame rate of the camera's moving image, with the map of the class that the model sees in each frame. Nothing is uploaded. */
export function LiveView(props: {
  readonly video: HTMLVideoElement;
  /** Lies over the video, and gets each frame with its map. */
  readonly canvas: HTMLCanvasElement;
}) {
  const { video, canvas } = props;
  const [method, setMethod] = useState<LiveMethod>('grad_cam');
  const [found, setFound] = useState<{ readonly map: FrameMap; readonly rate: number | undefined }>();
  const [trouble, setTrouble] = useState('');
  const { value: chosen } = model;
  useEffect(() => {
    if (!chosen) return;
    const running = new AbortController();
    setTrouble('');
    explainLive({
      video,
      canvas,
      signal: running.signal,
      view: () => view.value,
      explain: (frame) => inPage(chosen).frame(frame, method),
      shown: (map, rate) => setFound({ map, rate }),
    }).catch((error: unknown) => {
      if (!running.signal.aborted) setTrouble(asFailure(error).message);
    });
    return () => running.abort();
  }, [video, canvas, chosen, method]);
  return (
    <div class="live">
      {trouble !== '' && <p role="alert">{trouble}</p>}
      <p class="row">
        <output>{found ? sentence(found.map) : 'The model is being loaded.'}</output>
        <span class="hint">
          {found?.rate === undefined
            ? ''
            : `${found.rate.toFixed(0)} frames a second, in this browser ${found.map.device}`}
        </span>
      </p>
      <Select label="Method" value={method} options={METHODS} set={setMethod} />
    </div>
  );
}

const sentence = ({ label, probability }: FrameMap): string =>
  probability === undefined ? label : `${label}, ${Math.round(100 * probability)} %`;
