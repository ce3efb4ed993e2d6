/** `whylight build`: the Worker of a deployment, from its plugins.config.json. */
import { join } from 'node:path';
import { counted } from '../../core/counted.ts';
import { buildDeployment } from '../build-deployment.ts';
import { bundleDeployment } from '../bundle-deployment.ts';
import { AVAILABLE } from '../compose.ts';
import { defineCommand } from '../define-command.ts';
import { MODULES_FOLDER, WORKER_FILE } from '../deployment-files.ts';

const args = {
  modules: {
    type: 'boolean',
    description: 'Bundle the Worker as well, into modules that an isolate loads when it needs them',
  },
} as const;

export default defineCommand({
  name: 'build',
  description:
    'Writes the Worker of a deployment: its methods, models and tenants, as plugins.config.json names them. wrangler calls this by itself.',
  examples: ['whylight build', 'whylight build --modules'],
  args,
  async run({ modules }) {
    const { config, methods } = await buildDeployment(process.cwd(), AVAILABLE);
    if (modules) await bundleDeployment(process.cwd());
    const models = Object.keys(config.models).length;
    console.log(
      `${modules ? join(MODULES_FOLDER, 'worker.js') : WORKER_FILE}: ${counted(methods.length, 'method')}, ${counted(models, 'model')}`,
    );
  },
});
