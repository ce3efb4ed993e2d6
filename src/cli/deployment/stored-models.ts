/** Uploaded models of all owners, as an operator sees them. */
import type { ModelRecord } from '../../edge/models/model-record.ts';
import type { DeploymentClient } from './client.ts';

/** A model of an owner; without versions where its index is damaged. */
export interface StoredModel extends Partial<ModelRecord> {
  readonly owner: string;
  readonly name: string;
  readonly damaged: boolean;
}

/** Lists the models of all owners. @throws WhylightError `forbidden` for a key of no operator */
export async function storedModels(client: DeploymentClient): Promise<readonly StoredModel[]> {
  return (await client.json<{ models: readonly StoredModel[] }>('/admin/models')).models;
}

/** Path of a version on the server, in the name of its owner. */
export const versionPath = ({ owner, name }: StoredModel, version: string, below = ''): string =>
  `/v2/models/${name}/versions/${version}${below}?owner=${encodeURIComponent(owner)}`;
