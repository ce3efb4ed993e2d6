/** Checks of the tool, in the order in which they run. Each returns rows; what it cannot run is a skipped row with its reason. */
import { curl } from './steps/curl.ts';
import { foreignScripts } from './steps/foreign-scripts.ts';
import { generatedClients } from './steps/generated-clients.ts';
import { inferenceServers } from './steps/inference-servers.ts';
import { linters } from './steps/linters.ts';
import { pythonClients } from './steps/python-clients.ts';
import { schemathesis } from './steps/schemathesis.ts';
import type { Step } from './steps/step.ts';

export const STEPS: Readonly<Record<string, Step>> = {
  curl,
  clients: pythonClients,
  linters,
  generated: generatedClients,
  schemathesis,
  servers: inferenceServers,
  scripts: foreignScripts,
};
