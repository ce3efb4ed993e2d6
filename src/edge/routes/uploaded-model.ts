/** Names, owner and view of an uploaded model, as the routes that change one need them. */
import type { Context } from 'hono';
import { WhylightError } from '../../core/errors.ts';
import type { EdgeEnv } from '../http/env.ts';
import { defaultVersion, type ModelRecord, NAME, type VersionRecord } from '../models/model-record.ts';
import { requestedOwner } from '../models/owner.ts';
import type { ModelRegistry } from '../models/registry.ts';
import type { Services } from '../services.ts';

/** The store of uploaded models, and the owner whose model a request is about. */
export interface OwnersModels {
  readonly registry: ModelRegistry;
  readonly owner: string;
}

/**
 * Finds the owner of the model that a request is about.
 * @throws WhylightError `not_found` where nothing can be uploaded; `forbidden` for the owner of another tenant
 */
export function ownersModels(c: Context<EdgeEnv>, { models }: Pick<Services, 'models'>, name: string): OwnersModels {
  if (!models.registry) throw new WhylightError('not_found', 'Models cannot be uploaded to this server.');
  const owner = requestedOwner(c.get('tenant'), c.req.query('owner'));
  c.get('seen').model = name;
  return { registry: models.registry, owner };
}

/**
 * Finds the owner of a model that is to be changed.
 * @throws WhylightError `forbidden` for a model that is shipped; errors of {@link ownersModels}
 */
export function writable(c: Context<EdgeEnv>, services: Pick<Services, 'models'>, name: string): OwnersModels {
  const found = ownersModels(c, services, name);
  // An operator who names an owner acts for it, and what is shipped to the operator need not be shipped to the owner.
  if (c.req.query('owner') === undefined && services.models.isShipped(name, c.get('tenant'))) {
    throw new WhylightError(
      'forbidden',
      `${name} is shipped with the server and cannot be changed: upload under another name.`,
    );
  }
  return found;
}

/** @throws WhylightError `invalid_request` */
export function namesOf(c: Context<EdgeEnv>): { model: string; version: string } {
  const { model, version } = c.req.param() as { model: string; version: string };
  for (const name of [model, version]) {
    if (name === undefined || NAME.test(name)) continue;
    throw new WhylightError(
      'invalid_request',
      `"${name}" is not a valid name or version: use up to 64 letters, digits, dots, dashes and underscores.`,
    );
  }
  return { model, version };
}

/** Makes the view of a version. */
export const versionView = (version: string, { digest, created, bytes }: VersionRecord) => ({
  version,
  digest,
  created,
  bytes,
});

/** Makes the view of a model with its versions. */
export const modelView = (name: string, record: ModelRecord) => ({
  name,
  default: defaultVersion(record),
  pinned: record.pinned !== undefined,
  ...(record.canary && { canary: record.canary }),
  ...(record.shadow && { shadow: record.shadow }),
  versions: Object.entries(record.versions).map(([version, entry]) => versionView(version, entry)),
});
