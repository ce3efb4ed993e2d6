import { describe, expect, it } from 'vitest';
import { adminRoutes } from '../../../src/edge/admin/routes/index.ts';
import { openApiDocument } from '../../../src/edge/openapi/document.ts';
import { exposedHeaders } from '../../../src/edge/openapi/headers.ts';
import { patternsOf, type Route } from '../../../src/edge/openapi/route.ts';
import { keyRoutes, openRoutes } from '../../../src/edge/routes/index.ts';

const routes: readonly Route[] = [...openRoutes, ...keyRoutes, ...adminRoutes];
const descriptions = routes.map(({ description }) => description);

interface Operation {
  readonly operationId: string;
  readonly security: readonly object[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: unknown }>> };
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
}

describe('route descriptions', () => {
  it('yield the exposed CORS headers', () => {
    const own = ['Cache', 'Label', 'Probability', 'Route', 'Route-Reason', 'Score', 'Target', 'Version'].map(
      (name) => `X-Whylight-${name}`,
    );
    const others = [
      'Accept-Ranges',
      'Content-Disposition',
      'Content-Range',
      'ETag',
      'Inference-Header-Content-Length',
      'Location',
      'Preference-Applied',
      'Retry-After',
      'Server-Timing',
      'X-Request-Id',
    ];
    expect(exposedHeaders(descriptions)).toBe([...others, ...own].join(', '));
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

  it('yield operations with an id of their own, a description and documented problems', () => {
    const { paths = {} } = openApiDocument(descriptions);
    const operations = Object.values(paths).flatMap((verbs) => Object.values(verbs)) as Operation[];
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.filter((id) => !/^[a-z]+[A-Za-z0-9]*$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operationId, responses, security, requestBody } of operations) {
      expect(responses['500'], operationId).toBeDefined();
      const isOpen = security.length === 0;
      expect('401' in responses && '429' in responses, operationId).toBe(!isOpen);
      if (requestBody) {
        expect(responses, operationId).toMatchObject({ 400: {}, 413: {}, 415: {} });
        const json = requestBody.content['application/json'];
        expect(json === undefined || json.example !== undefined, operationId).toBe(true);
      }
    }
  });

  it('yield the request headers that change an answer', () => {
    const { paths = {} } = openApiDocument(descriptions);
    const headersOf = (operation: unknown) =>
      ((operation as Operation).parameters ?? []).filter((one) => one.in === 'header').map(({ name }) => name);
    expect(headersOf(paths['/admin/tenants/{tenant}']?.put)).toEqual(['If-Match', 'If-None-Match']);
    expect(headersOf(paths['/v2/models/{model}/explain']?.post)).toEqual([
      'Cache-Control',
      'Idempotency-Key',
      'If-None-Match',
      'Inference-Header-Content-Length',
      'Prefer',
    ]);
  });

  it('list problems in the media types of their path', () => {
    const { paths = {} } = openApiDocument(descriptions);
    const typesOf = (operation: unknown) => Object.keys((operation as Operation).responses['403']?.content ?? {});
    expect(typesOf(paths['/v2/models']?.get)).toEqual(['application/json', 'application/problem+json']);
    expect(typesOf(paths['/admin/tenants']?.get)).toEqual(['application/problem+json']);
  });

  it('require a scope for every route that changes something or runs a model', () => {
    const open = descriptions.filter(({ access, method, cost }) => {
      const isFree = access === 'open' || access === 'key';
      return isFree && (method !== 'get' || cost !== 'none');
    });
    expect(open).toEqual([]);
  });

  it('have no constants in the document, whose unions with a default a Python generator refuses', () => {
    expect(JSON.stringify(openApiDocument(descriptions))).not.toContain('"const"');
  });
});
