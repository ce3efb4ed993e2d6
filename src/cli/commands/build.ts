/** `whylight build`: the Worker of a deployment, from its plugins.config.json. */
import { counted } from '../../core/counted.ts';
import { buildDeployment } from '../build-deployment.ts';
import { AVAILABLE } from '../compose.ts';
import { defineCommand } from '../define-command.ts';
import { WORKER_FILE } from '../deployment-files.ts';

export default defineCommand({
  name: 'build',
  description:
    'Writes the Worker of a deployment: its methods, models and tenants, as plugins.config.json names them. wrangler calls this by itself.',
  examples: ['whylight build'],
  args: {},
  async run() {
    const { config, methods } = await buildDeployment(process.cwd(), AVAILABLE);
    const models = Object.keys(config.models).length;
    console.log(`${WORKER_FILE}: ${counted(methods.length, 'method')}, ${counted(models, 'model')}`);
  },
});
