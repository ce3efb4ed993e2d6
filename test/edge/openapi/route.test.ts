import { describe, expect, it } from 'vitest';
import { adminRoutes } from '../../../src/edge/admin/routes/index.ts';
import { openApiDocument } from '../../../src/edge/openapi/document.ts';
import { exposedHeaders } from '../../../src/edge/openapi/headers.ts';
import { patternsOf, type Route } from '../../../src/edge/openapi/route.ts';
import { keyRoutes, openRoutes } from '../../../src/edge/routes/index.ts';

const routes: readonly Route[] = [...openRoutes, ...keyRoutes, ...adminRoutes];
const descriptions = routes.map(({ description }) => description);

describe('route descriptions', () => {
  it('yield the exposed CORS headers', () => {
    expect(exposedHeaders(descriptions).split(', ')).toEqual([
      'ETag',
      'Inference-Header-Content-Length',
      'Location',
      'Preference-Applied',
      'Retry-After',
      'Server-Timing',
      'X-Request-Id',
      'X-Whylight-Cache',
      'X-Whylight-Label',
      'X-Whylight-Probability',
      'X-Whylight-Route',
      'X-Whylight-Route-Reason',
      'X-Whylight-Score',
      'X-Whylight-Target',
    ]);
  });

  it('yield path patterns with and without a version', () => {
    const { description } = keyRoutes.find((route) => route.description.path.endsWith('/compare')) as Route;
    expect(patternsOf(description)).toEqual([
      '/v2/models/:model/compare',
      '/v2/models/:model/versions/:version/compare',
    ]);
  });

  it('yield OpenAPI operations with access, cost and response headers', () => {
    const { paths = {} } = openApiDocument(descriptions);
    expect(paths['/v2/models/{model}/explain']?.post).toMatchObject({
      'x-whylight-access': 'explain',
      'x-whylight-cost': 'explanation',
      responses: { 200: { headers: { 'X-Whylight-Cache': { schema: { type: 'string' } } } } },
    });
    expect(paths['/metrics']).toBeUndefined();
  });

  it('require a scope for every route that changes something or runs a model', () => {
    const open = descriptions.filter(({ access, method, cost }) => {
      const isFree = access === 'open' || access === 'key';
      return isFree && (method !== 'get' || cost !== 'none');
    });
    expect(open).toEqual([]);
  });
});
