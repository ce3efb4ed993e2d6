/** Uploaded models of all owners, as an operator sees them. */
import { WhylightError } from '../../core/errors.ts';
import type { CheckedFile } from '../../edge/models/check-version.ts';
import type { ModelRecord, OwnedModel } from '../../edge/models/model-record.ts';
import { type DeploymentClient, jsonBody } from './client.ts';
import { oddNameIn } from './odd-names.ts';

/** A model of an owner; without versions where its index is damaged. */
export interface StoredModel extends Partial<ModelRecord> {
  readonly owner: string;
  readonly name: string;
  readonly damaged: boolean;
}

/**
 * Lists the models of all owners.
 * @throws WhylightError `forbidden` for a key of no operator; `invalid_request` for names that lead out of a folder
 */
export async function storedModels(client: DeploymentClient): Promise<readonly StoredModel[]> {
  const { models } = await client.json<{ models: readonly StoredModel[] }>('/admin/models');
  for (const model of models) {
    const odd = oddNameIn(model, model.versions ?? {});
    if (odd === undefined) continue;
    const message = `${client.url} lists ${odd}, which may lead out of a folder: it is no whylight, or it was changed. Nothing is done.`;
    throw new WhylightError('invalid_request', message);
  }
  return models;
}

/** Lets the server compare the files of a version with their digests. */
export async function checkedFiles(
  client: DeploymentClient,
  { owner, name }: OwnedModel,
  version: string,
): Promise<readonly CheckedFile[]> {
  const request = { method: 'POST', repeatable: true, ...jsonBody({ owner, model: name, version }) };
  return (await client.json<{ files: readonly CheckedFile[] }>('/admin/models/check', request)).files;
}
