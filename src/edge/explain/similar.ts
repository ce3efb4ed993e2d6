/** The embedding that a request compares with. */

import { WhylightError } from '../../core/errors.ts';
import { embeddingOf, vectorOf } from '../../core/explainer/embedding.ts';
import type { Corrections } from '../../core/model/corrections.ts';
import type { ServedModel } from '../models/served-model.ts';
import type { Services } from '../services.ts';
import type { Body } from './body.ts';
import { dataTypesOf } from './data-body.ts';
import { type ExplainInput, inputOf } from './input.ts';

/** Embedding of another input, or a vector. */
export interface Similar {
  /** Makes a digest of what it is made of, without running the model. */
  digest(): Promise<string>;
  /** Runs the model on another input; a vector is given as it is. */
  embedding(): Promise<readonly number[]>;
}

/** Parts of a request that name what it compares with. */
interface SimilarRequest {
  readonly served: Pick<ServedModel, 'model' | 'files'>;
  readonly body: Body;
  /** Parameter `similar_to`. */
  readonly text: string | undefined;
  readonly corrections: Corrections | undefined;
  readonly maxPixels: number;
}

/**
 * Undefined where the request compares with nothing.
 * @throws WhylightError `invalid_request` for both a file and a parameter, and for a text where the model takes none
 */
export async function similarOf(
  request: SimilarRequest,
  services: Pick<Services, 'explainer' | 'codecs' | 'decodeMemory' | 'modalities'>,
): Promise<Similar | undefined> {
  const { served, body, text, corrections, maxPixels } = request;
  if (text === undefined && !body.similar) return undefined;
  if (text !== undefined && body.similar) throw refused('Give "similar_to" as a field or as a file, not as both.');
  const vector = text === undefined ? undefined : vectorOf(text);
  if (vector) return { digest: async () => `vector:${JSON.stringify(vector)}`, embedding: async () => vector };
  const other: ExplainInput = inputOf(
    body.similar ?? (await textBody(text ?? '', request, services)),
    served,
    services,
    maxPixels,
  );
  return {
    digest: () => other.digest(),
    embedding: async () =>
      embeddingOf(services.explainer, served.model, {
        inputs: await other.inputs(),
        ...(corrections && { corrections }),
      }),
  };
}

async function textBody(
  text: string,
  { served }: SimilarRequest,
  { modalities }: Pick<Services, 'modalities'>,
): Promise<Body> {
  const { own } = await dataTypesOf(modalities, served);
  if (own !== 'text') {
    throw refused(
      `The model ${served.model.name} takes no texts: give "similar_to" as a JSON list of numbers, or as a file of a form.`,
    );
  }
  return {
    kind: 'data',
    bytes: new TextEncoder().encode(text),
    mediaType: 'text/plain; charset=utf-8',
    modality: 'text',
    parameters: {},
  };
}

const refused = (message: string): WhylightError =>
  new WhylightError('invalid_request', message, { issues: [{ parameter: 'similar_to', message }] });
