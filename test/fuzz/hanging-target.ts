/** Target of the fuzzer's own tests: run 2 of a thread throws, run 5 never ends. */
import type { FuzzTarget } from './target.ts';

let run = -1;

export default {
  id: 'hanging',
  seeds: [new Uint8Array(1)],
  mutate: (_, draw) => Uint8Array.of(draw.below(256)),
  async run() {
    run += 1;
    if (run === 2) throw new TypeError('a fault');
    if (run === 5) for (;;) Math.sqrt(run);
    return 'accepted';
  },
} satisfies FuzzTarget;
