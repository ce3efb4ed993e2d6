/** Methods in dynamic Workers of their own. */
import { env } from 'cloudflare:test';
import { expect, it } from 'vitest';
import * as configured from '#worker-plugins';
import { describeMethod } from '../../../src/core/isolation/describe.ts';
import type { IsolatedBuild } from '../../../src/core/isolation/protocol.ts';
import type { Method } from '../../../src/core/method/contract.ts';
import type { Services } from '../../../src/edge/services.ts';
import { isolatedIn } from '../../../src/edge/workerd/isolation/loaded-method.ts';
import { workerServices } from '../../../src/edge/workerd/worker-module.ts';
import { appWith, bindings, tensorRequest } from '../../support/app.ts';
import { BAD_PLUGINS } from '../../support/bad-plugins.ts';
import { testIsolation } from '../../support/isolation-suite.ts';

/** Build of a method and its bundle, as the configuration of the tests makes them. */
interface BuiltMethod {
  readonly build: IsolatedBuild;
  readonly text: string;
}

const { ISOLATED } = env as unknown as { readonly ISOLATED: string };
const { good, bad } = JSON.parse(ISOLATED) as { readonly good: BuiltMethod[]; readonly bad: BuiltMethod };
const quiet: Services['log'] = () => undefined;
const renamed = (method: Method) => ({ ...method, id: `isolated_${method.id}` });
const isolated = [
  ...good.map(({ build, text }) => renamed(isolatedIn(build, async () => text))),
  ...BAD_PLUGINS.map(({ method }, i) => {
    const build = { ...bad.build, digest: `${bad.build.digest}-${i}`, description: describeMethod(method) };
    return isolatedIn(build, async () => bad.text.replace('number of the bad plugin', String(i)));
  }),
];
const settings = { authenticate: (request: Request) => request.headers.get('X-Tenant') ?? undefined };
const makeApp = () =>
  appWith({
    ...workerServices(
      bindings,
      { ...configured, plugins: [...configured.plugins, ...isolated.map((method) => ({ method }))] },
      settings,
    ),
    log: quiet,
  });
const asking =
  (app: ReturnType<typeof makeApp>) =>
  (tenant: string, method: string): Promise<Response> => {
    const { headers, ...request } = tensorRequest({ method });
    return app('/v2/models/cifar10/explain', {
      ...request,
      headers: { ...(headers as Record<string, string>), 'X-Tenant': tenant, 'Cache-Control': 'no-store' },
    });
  };
const ask = asking(makeApp());

it.each(good.map(({ build }) => build.description.id))(
  '%s gives the same numbers in an isolate of its own',
  async (id) => {
    const [own, apart] = await Promise.all([ask('careful', id), ask('careful', `isolated_${id}`)]);
    expect(apart.status).toBe(200);
    const outputsOf = async (response: Response) => ((await response.json()) as { outputs: unknown }).outputs;
    expect(await outputsOf(apart)).toEqual(await outputsOf(own));
  },
);

// The runtime notices at once that a method can never answer, before any deadline.
const plugins = BAD_PLUGINS.map((plugin) => (plugin.method.id === 'bad_never' ? { ...plugin, status: 500 } : plugin));
testIsolation(ask, asking(makeApp()), plugins);
