/** Bad methods in workerd, where tenants share an isolate. Its prototypes are frozen by the entry of the Worker. */
import * as configured from '#worker-plugins';
import type { Services } from '../../../src/edge/services.ts';
import { workerServices } from '../../../src/edge/workerd/worker-module.ts';
import { appWith, bindings, tensorRequest } from '../../support/app.ts';
import { BAD_PLUGINS } from '../../support/bad-plugins.ts';
import { testIsolation } from '../../support/isolation-suite.ts';

const quiet: Services['log'] = () => undefined;
const settings = { authenticate: (request: Request) => request.headers.get('X-Tenant') ?? undefined };
const bad = BAD_PLUGINS.map(({ method }) => ({ method }));
const appOf = (edgeMs: number) =>
  appWith({
    ...workerServices(
      bindings,
      { ...configured, plugins: [...configured.plugins, ...bad] },
      { ...settings, limits: { edgeMs } },
    ),
    log: quiet,
  });
const impatient = appOf(300);
const asking =
  (app: typeof impatient) =>
  (tenant: string, method: string): Promise<Response> => {
    const { headers, ...request } = tensorRequest({ method });
    return (method === 'bad_never' ? impatient : app)('/v2/models/cifar10/explain', {
      ...request,
      headers: { ...(headers as Record<string, string>), 'X-Tenant': tenant, 'Cache-Control': 'no-store' },
    });
  };

testIsolation(asking(appOf(20_000)), asking(appOf(20_000)));
