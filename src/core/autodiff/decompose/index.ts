/** Every decomposition, by operator. */
import { ruleKey } from '../rule.ts';
import { activationDecompositions } from './activation.ts';
import { attentionDecompositions } from './attention.ts';
import { controlDecompositions } from './control.ts';
import type { Decomposition } from './decompose.ts';
import { fusedDecompositions } from './fused.ts';
import { normalizationDecompositions } from './normalization.ts';
import { quantizedDecompositions } from './quantized.ts';
import { recurrentDecompositions } from './recurrent.ts';

export const decompositions: ReadonlyMap<string, Decomposition> = new Map(
  [
    ...activationDecompositions,
    ...attentionDecompositions,
    ...controlDecompositions,
    ...fusedDecompositions,
    ...normalizationDecompositions,
    ...quantizedDecompositions,
    ...recurrentDecompositions,
  ].map((d) => [ruleKey(d.op, d.domain), d]),
);
