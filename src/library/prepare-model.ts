/** Preparation of a model as bytes: what a program without a compiler opens. */
import { type MethodToPrepare, prepare } from '../core/explainer/prepare.ts';
import type { MethodRegistry } from '../core/method/registry.ts';
import type { Model } from '../core/model/model.ts';
import { pack } from '../protocol/packed.ts';

/**
 * Compiles the graphs of some methods ahead.
 * @returns one file with facts, weights and graphs, for `openPrepared`
 * @throws WhylightError as {@link prepare} does
 */
export const preparedBytes = (
  model: Model,
  methods: readonly MethodToPrepare[],
  registry: MethodRegistry,
): Uint8Array<ArrayBuffer> => pack(prepare(model, methods, registry));
