/** Responses that the OpenAPI document describes. */
import { adminRoutes } from '../../src/edge/admin/routes/index.ts';
import { openApiDocument } from '../../src/edge/openapi/document.ts';
import type { Route } from '../../src/edge/openapi/route.ts';
import { keyRoutes, openRoutes } from '../../src/edge/routes/index.ts';

const routes: readonly Route[] = [...openRoutes, ...keyRoutes, ...adminRoutes];
const { paths = {} } = openApiDocument(routes.map(({ description }) => description));

/** Lists the statuses that the operation at a path may answer with. */
export function documentedStatuses(path: string, method: string): string[] {
  const pattern = (template: string) => new RegExp(`^${template.replace(/\{\w+\}/g, '[^/:]+')}$`);
  const found = Object.entries(paths).find(([template]) => pattern(template).test(path.split('?')[0] as string));
  const operations = found?.[1] as Readonly<Record<string, { readonly responses: object }>> | undefined;
  return Object.keys(operations?.[method.toLowerCase()]?.responses ?? {});
}
