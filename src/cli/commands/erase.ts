/** `whylight erase`: everything that a deployment stores of a tenant. */
import { TENANT_ID } from '../../config/tenant-policy.ts';
import { counted } from '../../core/counted.ts';
import { quoted } from '../../core/errors.ts';
import type { Erased } from '../../edge/stores/erase.ts';
import { UsageError } from '../arguments.ts';
import { defineCommand, JSON_ARG } from '../define-command.ts';
import { DEPLOYMENT_ARGS, deploymentOf, jsonBody } from '../deployment/client.ts';
import { textFlag } from '../flags.ts';

const args = {
  tenant: textFlag('Tenant whose data are erased', { required: true, valueHint: 'name' }),
  ...DEPLOYMENT_ARGS,
  ...JSON_ARG,
} as const;

export default defineCommand({
  name: 'erase',
  description:
    'Erases the answers, jobs (with inputs and results) and uploaded models of a tenant in a deployment. Policy, keys and audit log stay; see docs/privacy.md.',
  examples: ['whylight erase --tenant acme --server https://whylight.example.com'],
  args,
  async run({ tenant, json, ...flags }) {
    if (!TENANT_ID.test(tenant)) throw new UsageError(`--tenant: ${quoted(tenant)} is no name of a tenant.`);
    const client = deploymentOf(flags);
    const total = { answers: 0, jobs: 0, models: 0 };
    let cursor: string | undefined;
    for (let done = false; !done; ) {
      const part = await client.json<Erased>(`/admin/tenants/${encodeURIComponent(tenant)}/erase`, {
        method: 'POST',
        ...jsonBody(cursor === undefined ? {} : { cursor }),
      });
      for (const name of ['answers', 'jobs', 'models'] as const) total[name] += part[name];
      ({ done, cursor } = part);
    }
    const { answers, jobs, models } = total;
    console.log(
      json
        ? JSON.stringify(total)
        : `erased of ${tenant}: ${counted(answers, 'answer')}, ${counted(jobs, 'job')}, ${counted(models, 'model')}`,
    );
  },
});
