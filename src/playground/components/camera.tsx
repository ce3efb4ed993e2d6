import { useEffect, useRef, useState } from 'preact/hooks';
import { useFile } from '../actions.ts';

/** A dialog with what the camera sees, and a shutter. */
export function Camera({ done }: { readonly done: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [trouble, setTrouble] = useState('');
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
      {trouble === '' ? <video ref={video} autoplay playsinline muted /> : <p role="alert">{trouble}</p>}
      <div class="row">
        {trouble === '' && (
          <button type="button" class="primary" onClick={shoot}>
            Take the photo
          </button>
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
