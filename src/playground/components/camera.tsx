import { useEffect, useRef, useState } from 'preact/hooks';
import { useFile } from '../actions.ts';
import { LiveView } from './live-view.tsx';

/** A dialog with what the camera shows, a shutter, and maps of the moving image. */
export function Camera({ done }: { readonly done: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [trouble, setTrouble] = useState('');
  const [isLive, setLive] = useState(false);
  useEffect(() => {
    dialog.current?.showModal();
    let stream: MediaStream | undefined;
    let closed = false;
    const open = async () => {
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
        if (closed) stop(stream);
        else if (video.current) video.current.srcObject = stream;
      } catch (error) {
        setTrouble(
          (error as Error).name === 'NotAllowedError'
            ? 'The browser was told not to let this page see the camera. Allow it beside the address.'
            : 'There is no camera that this page can use.',
        );
      }
    };
    void open();
    return () => {
      closed = true;
      stop(stream);
    };
  }, []);
  const shoot = () => {
    const source = video.current;
    if (!source?.videoWidth) return;
    const canvas = document.createElement('canvas');
    canvas.width = source.videoWidth;
    canvas.height = source.videoHeight;
    canvas.getContext('2d')?.drawImage(source, 0, 0);
    canvas.toBlob(
      (blob) => blob && void useFile(new File([blob], 'camera image', { type: blob.type })),
      'image/jpeg',
      0.95,
    );
    dialog.current?.close();
  };
  return (
    <dialog ref={dialog} onClose={done} aria-label="Camera" class="camera">
      {trouble === '' ? (
        <div class="shown">
          <video ref={video} autoplay playsinline muted />
          <canvas ref={canvas} hidden={!isLive} role="img" aria-label="Map of what the camera shows" />
        </div>
      ) : (
        <p role="alert">{trouble}</p>
      )}
      {isLive && video.current && canvas.current && <LiveView video={video.current} canvas={canvas.current} />}
      <div class="row">
        {trouble === '' && (
          <>
            <button type="button" class="primary" onClick={shoot}>
              Take the photo
            </button>
            <button type="button" aria-pressed={isLive} onClick={() => setLive(!isLive)}>
              Explain live
            </button>
          </>
        )}
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}

const stop = (stream: MediaStream | undefined): void => {
  for (const track of stream?.getTracks() ?? []) track.stop();
};
