/** Takes the services of an app out of a container. */
import type { createContainer } from '../../composition/container.ts';
import type { Services } from '../services.ts';
import { SERVICES } from './tokens.ts';

const REQUIRED: ReadonlySet<string> = new Set<keyof Services>([
  'explainer',
  'modalities',
  'models',
  'tenants',
  'tenantFiles',
  'cache',
  'inFlight',
  'codecs',
  'log',
  'limits',
  'fetch',
]);

/** Creates the services. Optional parts that nothing is bound to are left out. */
export function servicesOf(container: ReturnType<typeof createContainer>): Services {
  const parts = Object.entries(SERVICES)
    .filter(([name, token]) => REQUIRED.has(name) || container.isBound(token))
    .map(([name, token]) => [name, container.get<unknown>(token)]);
  return Object.fromEntries(parts) as Services;
}
