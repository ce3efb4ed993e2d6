/** plugins.config.json, policies of tenants, and manifests of models. */
import { readFileSync } from 'node:fs';
import { plugins } from '#plugins';
import { checkTenant } from '../../../src/config/check-tenant.ts';
import { configSchema } from '../../../src/config/plugins-config.ts';
import { tenantPolicySchema } from '../../../src/config/tenant-policy.ts';
import { parseJson } from '../../../src/core/json.ts';
import { MethodRegistry } from '../../../src/core/method/registry.ts';
import { parseManifest } from '../../../src/core/model/manifest.ts';
import { safeParse } from '../../../src/core/safe-parse.ts';
import type { Draw } from '../draw.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import { jsonBytes, mutateJson } from '../mutate-json.ts';
import type { FuzzTarget } from '../target.ts';

const registry = new MethodRegistry(plugins);
const POLICY = {
  methods: ['saliency', 'rise'],
  models: ['cifar10'],
  parameters: { rise: { defaults: { n_masks: 100 }, limits: { n_masks: { min: 1, max: 500 } } } },
  limits: { samples: 100, requests_per_minute: 60 },
  cache: { seconds: 3600, isolation: 'shared' },
  image_hosts: ['images.example.com'],
  webhook_hosts: ['hooks.example.com:8443'],
  cors: { origins: ['https://app.example.com'] },
  jwt: { issuer: 'https://issuer.example.com', audience: 'a', jwks_url: 'https://issuer.example.com/keys' },
};
const file = (path: string): Uint8Array => new Uint8Array(readFileSync(path));
const seeds = [
  file('plugins.config.json'),
  new TextEncoder().encode(JSON.stringify(POLICY)),
  file('models/cifar10/manifest.json'),
  file('models/penguins/manifest.json'),
  file('models/speech_digits/manifest.json'),
];

export default {
  id: 'config',
  seeds,
  mutate,
  async run(bytes) {
    const text = new TextDecoder().decode(bytes);
    const value = parseJson(text, 'The file');
    const { success: isConfig } = safeParse(configSchema, value);
    const policy = safeParse(tenantPolicySchema, value);
    if (policy.success) return checkTenant(policy.data, registry).length === 0 ? 'policy' : 'policy refused';
    if (isConfig) return 'config';
    parseManifest(text);
    return 'manifest';
  },
} satisfies FuzzTarget;

function mutate(seed: Uint8Array, draw: Draw): Uint8Array {
  if (draw.oneIn(4)) return mutateBytes(seed, draw, seeds);
  return jsonBytes(mutateJson(JSON.parse(new TextDecoder().decode(seed)), draw), draw);
}
