/** Memory of the isolates of a workerd that is started afterwards. */

/** Heap of an isolate in production, in MiB. */
const HEAP_MIB = 128;

/**
 * Gives each isolate the heap of production, so that one that leaks ends the run.
 *
 * Every request leaves objects of the platform behind, small ones of JavaScript that each hold native memory. V8 sees the
 * small part alone and leaves them until its next full collection, for tens of thousands of requests: even a Worker that
 * only answers "alive" grows by kilobytes a request for the first 30,000. Where the memory of the process is to be judged,
 * each collection is therefore a full one.
 */
export function limitIsolates({ collectFully = false }: { readonly collectFully?: boolean } = {}): void {
  process.env.MINIFLARE_WORKERD_V8_FLAGS = `--max-heap-size=${HEAP_MIB}${collectFully ? ' --gc-global' : ''}`;
}
