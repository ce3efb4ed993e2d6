/** Memory that JavaScript holds in an isolate of workerd, read over V8's inspector. */
import type { Inspector } from './inspector.ts';

export interface Heap {
  /** Bytes of objects, and of what array buffers hold outside of the heap. What is garbage but not yet collected counts. */
  used(): Promise<number>;
}

interface HeapUsage {
  readonly usedSize: number;
  readonly backingStorageSize: number;
}

export const heapOf = (inspector: Inspector): Heap => ({
  async used() {
    const { usedSize, backingStorageSize } = await inspector.call<HeapUsage>('Runtime.getHeapUsage');
    return usedSize + backingStorageSize;
  },
});
