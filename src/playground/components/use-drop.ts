import { useEffect, useState } from 'preact/hooks';
import { useFile } from '../actions.ts';
import { filesOfDrop, hasModel } from '../dropped-files.ts';
import { guarded } from '../guarded.ts';
import { openOwn } from '../own-model.ts';

/**
 * Takes what is dropped or pasted anywhere on the page: a model with its files, or an input of the model.
 * @returns true while files are dragged over the page
 */
export function useDrop(): boolean {
  const [hovering, setHovering] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const paste = (event: ClipboardEvent) => {
      const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'));
      if (!file) return;
      event.preventDefault();
      void useFile(file);
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
      if (event.dataTransfer) take(filesOfDrop(event.dataTransfer));
    };
    document.addEventListener('paste', paste, { signal });
    document.addEventListener('dragover', over, { signal });
    document.addEventListener('dragleave', leave, { signal });
    document.addEventListener('drop', drop, { signal });
    return () => stop.abort();
  }, []);
  return hovering;
}

const take = (dropped: ReturnType<typeof filesOfDrop>): void =>
  void guarded(async () => {
    const files = await dropped;
    const [first] = files.values();
    if (hasModel(files)) await openOwn(files);
    else if (first) await useFile(first);
  });
