/** The trial models that plugin authors have, and an explainer for tests. */
import { SessionCache } from '../../src/core/engine/session-cache.ts';
import { Explainer } from '../../src/core/explainer/explainer.ts';
import type { ExplainerOptions } from '../../src/core/explainer/explainer-options.ts';
import type { Method } from '../../src/core/method/contract.ts';
import { MethodRegistry } from '../../src/core/method/registry.ts';
import type { Manifest } from '../../src/core/model/manifest.ts';
import type { Model } from '../../src/core/model/model.ts';
import { graphCompiler } from '../../src/core/plan/compile-variant.ts';
import { onnxruntimeNode } from '../../src/node/onnxruntime-node.ts';

import { type ImageOptions, imageGraph, openGraph, tokenGraph, vectorGraph } from '../../src/testing/models.ts';

/** An explainer over the real native engine. */
export const explainerOf = (methods: readonly Method[], options: Partial<ExplainerOptions> = {}): Explainer =>
  new Explainer({
    compiler: graphCompiler,
    engine: onnxruntimeNode({ threads: 1 }),
    sessions: new SessionCache(2 ** 26),
    methods: new MethodRegistry(methods.map((method) => ({ method }))),
    ...options,
  });

/** The trial model that sees an image, opened. */
export const openImage = (options?: ImageOptions, manifest?: Partial<Manifest>): Promise<Model> =>
  openGraph(imageGraph(options), manifest);

/** The trial model that sees a vector, opened. */
export const openVector = (manifest?: Partial<Manifest>): Promise<Model> => openGraph(vectorGraph(), manifest);

/** The trial model that sees tokens, opened. */
export const openTokens = (): Promise<Model> => openGraph(tokenGraph());
