/** `whylight init my-server`: the folder of a deployment, with the methods, models and tenants that it serves. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import * as built from '#plugins';
import { UsageError } from '../arguments.ts';
import { configText } from '../config-text.ts';
import { defineCommand } from '../define-command.ts';
import { ASSETS_FOLDER, BUILD_FOLDER, MODULES_FOLDER } from '../deployment-files.ts';
import { positional } from '../flags.ts';
import { packWhylight } from '../pack-whylight.ts';
import { packagedMethods } from '../third-party.ts';

const NAME = /^[a-z0-9][a-z0-9-]*$/;
/** Models that a new deployment serves, out of those that come with the package. */
const MODELS = ['everyday', 'cifar10'];
/** Versions of the tools of a deployment, as this project uses them. */
const TOOLS = { wrangler: '4.155.0', 'onnxruntime-node': '1.30.0' };

/** Version of the Workers runtime, as in this project's own wrangler.toml. */
const COMPATIBILITY_DATE = '2026-10-20';

const args = {
  folder: positional('Folder to make, such as my-server', { required: true }),
} as const;

export default defineCommand({
  name: 'init',
  description: 'Makes the folder of a deployment: plugins.config.json, wrangler.toml and package.json.',
  examples: ['whylight init my-server'],
  args,
  needsArguments: true,
  async run({ folder: path }) {
    const folder = resolve(path);
    const name = basename(folder);
    if (!NAME.test(name)) throw new UsageError(`"${name}" is no name for a Worker: use a-z, 0-9 and "-".`);
    if (existsSync(folder)) throw new UsageError(`${folder} exists already: choose another name, or remove it.`);
    await mkdir(folder, { recursive: true });
    const whylight = await packWhylight(folder);
    const files = {
      'plugins.config.json': configuration(),
      'wrangler.toml': wranglerText(name),
      'package.json': packageText(name, whylight),
      '.gitignore': `node_modules/\n${BUILD_FOLDER}/\n.wrangler/\n.dev.vars\n`,
    };
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
    console.log(`${folder}: a deployment of whylight

  cd ${path}
  npm install
  npx whylight plugins list       the methods that it serves
  npx whylight start              the Worker in local workerd
  npx whylight serve              the same API from Node
  npx wrangler deploy             the Worker at Cloudflare

plugins.config.json names methods, models and tenants.`);
  },
});

const configuration = (): string =>
  configText({
    plugins: packagedMethods(built).map((use) => ({ use })),
    models: Object.fromEntries(MODELS.map((model) => [model, `./node_modules/whylight/models/${model}`])),
    tenants: { '*': {} },
  });

const packageText = (name: string, whylight: string): string =>
  `${JSON.stringify(
    {
      name,
      private: true,
      type: 'module',
      engines: { node: '>=20' },
      scripts: { build: 'whylight build', start: 'whylight start', deploy: 'wrangler deploy' },
      dependencies: { whylight },
      // The native engine: without it onnxruntime-web runs the models.
      optionalDependencies: { 'onnxruntime-node': TOOLS['onnxruntime-node'] },
      devDependencies: { wrangler: TOOLS.wrangler },
      allowScripts: { esbuild: true, 'onnxruntime-node': false, workerd: true },
    },
    null,
    2,
  )}\n`;

/** Settings of the Worker. */
function wranglerText(name: string): string {
  return `name = "${name}"
main = "${MODULES_FOLDER}/worker.js"
compatibility_date = "${COMPATIBILITY_DATE}"
compatibility_flags = ["nodejs_compat", "enable_request_signal"]
# The build writes the modules itself, so that an isolate loads code when it first needs it.
no_bundle = true
base_dir = "${MODULES_FOLDER}"
find_additional_modules = true

[[rules]]
type = "ESModule"
globs = ["chunks/*.js"]

# The Worker is written from plugins.config.json. "whylight start" writes its modules again when a file of your own changes.
[build]
command = "npx whylight build --modules"
watch_dir = ["plugins.config.json", "${MODULES_FOLDER}/worker.js"]

[assets]
directory = "${ASSETS_FOLDER}"
binding = "MODELS"
run_worker_first = true

# Further bindings (a cache for all locations, jobs, the admin API, rate limits): docs/embedding.md and docs/operate.md
# of whylight. For example, "npx wrangler kv namespace create RESULTS" prints the id for
# [[kv_namespaces]]
# binding = "RESULTS"
# id = "..."
`;
}
