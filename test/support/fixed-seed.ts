/** Property tests draw the same cases in every run: a red run can be repeated, and a green one stays green. */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 2026) });
