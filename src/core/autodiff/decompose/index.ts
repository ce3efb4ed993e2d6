/** Every decomposition, by operator. */
import { ruleKey } from '../rule.ts';
import { activationDecompositions } from './activation.ts';
import { attentionDecompositions } from './attention.ts';
import { controlDecompositions } from './control.ts';
import type { Decomposition } from './decomposition.ts';
import { deformableDecompositions } from './deformable.ts';
import { fourierDecompositions } from './fourier.ts';
import { fusedDecompositions } from './fused.ts';
import { linearAttentionDecompositions } from './linear-attention.ts';
import { lossDecompositions } from './losses.ts';
import { normalizationDecompositions } from './normalization.ts';
import { quantizedDecompositions } from './quantized.ts';
import { recurrentDecompositions } from './recurrent.ts';
import { rotaryDecompositions } from './rotary.ts';
import { stateDecompositions } from './sequence-state.ts';

export const decompositions: ReadonlyMap<string, Decomposition> = new Map(
  [
    ...activationDecompositions,
    ...attentionDecompositions,
    ...controlDecompositions,
    ...deformableDecompositions,
    ...fourierDecompositions,
    ...fusedDecompositions,
    ...linearAttentionDecompositions,
    ...lossDecompositions,
    ...normalizationDecompositions,
    ...quantizedDecompositions,
    ...recurrentDecompositions,
    ...rotaryDecompositions,
    ...stateDecompositions,
  ].map((d) => [ruleKey(d.op, d.domain), d]),
);
