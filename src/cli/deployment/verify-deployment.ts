/** Checks what a deployment stores: the server reads and compares, page by page. */
import { WhylightError } from '../../core/errors.ts';
import { type CheckedPage, SEALED_STORES } from '../../edge/stores/sealed-store.ts';
import { type DeploymentClient, jsonBody } from './client.ts';
import { checkedFiles, storedModels } from './stored-models.ts';
import type { Verified } from './verified.ts';

/**
 * Checks the models, cached answers and jobs of a deployment.
 * @param told called after each step
 * @throws WhylightError `forbidden` for a key of no operator
 */
export async function verifyDeployment(client: DeploymentClient, found: Verified, told: () => void): Promise<void> {
  await whereStored(() => verifyModels(client, found, told));
  for (const store of SEALED_STORES) await whereStored(() => verifyStore(client, store, found, told));
}

/** Runs the check of a store that a deployment may lack. */
async function whereStored(check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!WhylightError.is(error, 'not_found')) throw error;
  }
}

async function verifyModels(client: DeploymentClient, found: Verified, told: () => void): Promise<void> {
  found.count('models', 0, 0);
  for (const { owner, name, damaged, versions = {} } of await storedModels(client)) {
    if (damaged) found.note('models', `${owner}/${name}/index.json`);
    for (const version of Object.keys(versions)) {
      for (const { path, state, bytes } of await checkedFiles(client, { owner, name }, version)) {
        found.count('models', 1, bytes);
        if (state !== 'whole') found.note('models', `${owner}/${name} ${version} ${path}`, state);
      }
      told();
    }
  }
}

async function verifyStore(client: DeploymentClient, store: string, found: Verified, told: () => void): Promise<void> {
  let cursor: string | undefined;
  do {
    const body = { store, ...(cursor !== undefined && { cursor }) };
    const page: CheckedPage = await client.json('/admin/stores/check', {
      method: 'POST',
      repeatable: true,
      ...jsonBody(body),
    });
    found.count(store, page.checked, page.bytes);
    for (const key of page.damaged) found.note(store, key);
    cursor = page.cursor;
    told();
  } while (cursor !== undefined);
}
