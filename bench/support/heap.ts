/** Memory that JavaScript holds in an isolate of workerd, read over V8's inspector. */

export interface Heap {
  /** Bytes of objects, and of what array buffers hold outside of the heap. What is garbage but not yet collected counts. */
  used(): Promise<number>;
  close(): void;
}

/** @param inspector address of workerd's inspector @param isolate its name there */
export async function openHeap(inspector: URL, isolate: string): Promise<Heap> {
  const socket = new WebSocket(new URL(`/${isolate}`, inspector));
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error(`The isolate ${isolate} cannot be inspected at ${inspector}.`));
  });
  const waiting = new Map<number, (result: { usedSize: number; backingStorageSize: number }) => void>();
  socket.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(String(data));
    waiting.get(id)?.(result);
    waiting.delete(id);
  };
  let last = 0;
  return {
    async used() {
      const id = ++last;
      const answer = new Promise<{ usedSize: number; backingStorageSize: number }>((resolve) => {
        waiting.set(id, resolve);
      });
      socket.send(JSON.stringify({ id, method: 'Runtime.getHeapUsage' }));
      const { usedSize, backingStorageSize } = await answer;
      return usedSize + backingStorageSize;
    },
    close: () => socket.close(),
  };
}
