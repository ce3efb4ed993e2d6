/** Checks of everything that a server stores against its digests and checksums. */
import { WhylightError } from '../../../core/errors.ts';
import { versionOf } from '../../models/model-record.ts';
import type { ModelRegistry } from '../../models/registry.ts';
import { answer, jsonBody } from '../../openapi/content.ts';
import { defineRoute } from '../../openapi/route.ts';
import type { Services } from '../../services.ts';
import { checkPage } from '../../stores/sealed-store.ts';
import { operates } from '../access.ts';
import { bodyOf } from '../request.ts';
import * as schemas from '../schemas.ts';

const ADMIN = { tag: 'admin', access: 'admin', cost: 'none' } as const;

/** Lists the uploaded models of all owners. */
export const listOwnedModels = defineRoute(
  {
    ...ADMIN,
    id: 'listOwnedModels',
    method: 'get',
    path: '/admin/models',
    summary: 'Lists the uploaded models of all owners, with the digest of every file; for operators.',
    responses: answer(schemas.ownedModels, 'The models; one whose index is damaged has no versions.'),
    problems: ['not_found'],
  },
  (services) => async (c) => {
    operates(c);
    const registry = registryOf(services);
    const records = await Promise.all((await registry.owners()).map((owner) => registry.records(owner)));
    const models = records.flat().map(({ owner, name, record }) => ({ owner, name, damaged: !record, ...record }));
    return c.json({ models }, 200);
  },
);

/** Compares the files of a version with their digests. */
export const checkModelFiles = defineRoute(
  {
    ...ADMIN,
    id: 'checkModelFiles',
    method: 'post',
    path: '/admin/models/check',
    summary: 'Reads every file of a version and compares it with its digest; for operators.',
    request: { body: jsonBody(schemas.modelCheck, { owner: 'shared', model: 'mine', version: '1' }) },
    responses: answer(schemas.checkedFiles, 'The files, each whole, damaged or missing.'),
    problems: ['not_found', 'model_not_found', 'model_damaged'],
  },
  (services) => async (c) => {
    const { owner, model, version } = await bodyOf(c, schemas.modelCheck);
    operates(c);
    const registry = registryOf(services);
    const record = versionOf(await registry.find(owner, model), model, version);
    return c.json({ files: await registry.check(owner, model, record) }, 200);
  },
);

/** Checks a page of the entries of a store. */
export const checkStore = defineRoute(
  {
    ...ADMIN,
    id: 'checkStore',
    method: 'post',
    path: '/admin/stores/check',
    summary: 'Checks the checksums of some entries of a store; for operators.',
    description: 'Answers with the entries whose checksum is wrong, and with the cursor of the next ones.',
    request: { body: jsonBody(schemas.storeCheck, { store: 'answers' }) },
    responses: answer(schemas.checkedPage, 'The entries that were checked.'),
    problems: ['not_found'],
  },
  ({ sealedStores = {} }) =>
    async (c) => {
      const { store, cursor } = await bodyOf(c, schemas.storeCheck);
      operates(c);
      const found = sealedStores[store];
      if (!found) throw new WhylightError('not_found', `This server has no store of ${store}.`, { store });
      return c.json(await checkPage(found, cursor), 200);
    },
);

/** @throws WhylightError `not_found` */
function registryOf({ models }: Pick<Services, 'models'>): ModelRegistry {
  if (models.registry) return models.registry;
  throw new WhylightError('not_found', 'Models cannot be uploaded to this server.');
}
