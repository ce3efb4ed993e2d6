/**
 * Lists of routes that a Worker loads by the first request for them.
 * Written by scripts/generate-routes.ts from the files of this folder. Do not edit.
 */
import { EXPLANATION_HEADERS, RUN_HEADERS } from '../openapi/headers.ts';
import { lazyRoute } from '../openapi/lazy-route.ts';
import type { MountedRoute } from '../openapi/mount.ts';
import { handleExplain } from './handlers/explain.ts';
import { handleInfer } from './handlers/infer.ts';
import { handleMetrics } from './handlers/metrics.ts';

/** Routes that anybody may call. */
export const openRoutes: readonly MountedRoute[] = [
  {
    description: {
      method: 'get',
      path: '/metrics',
      access: 'open',
    },
    handler: handleMetrics,
  },
  lazyRoute(
    {
      method: 'get',
      path: '/.well-known/whylight-keys.json',
      access: 'open',
    },
    async () => (await import('./receipt-keys.ts')).receiptKeys,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/v2',
      access: 'open',
    },
    async () => (await import('./server.ts')).server,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/v2/health/live',
      access: 'open',
    },
    async () => (await import('./server.ts')).live,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/v2/health/ready',
      access: 'open',
    },
    async () => (await import('./server.ts')).ready,
  ),
];

/** Routes that need a credential. */
export const keyRoutes: readonly MountedRoute[] = [
  {
    description: {
      method: 'post',
      path: '/v2/models/{model}/infer',
      versioned: true,
      access: 'predict',
      headers: ['Inference-Header-Content-Length', ...RUN_HEADERS],
      request: { body: {} },
    },
    handler: handleInfer,
  },
  lazyRoute(
    {
      method: 'get',
      path: '/v2/models/{model}/file',
      versioned: true,
      access: 'key',
      headers: ['Accept-Ranges', 'Content-Disposition', 'Content-Range', 'ETag'],
    },
    async () => (await import('./model-file.ts')).modelFile,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/v2/models',
      access: 'key',
      tagged: true,
      headers: ['ETag'],
    },
    async () => (await import('./models.ts')).models,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/v2/models/{model}',
      versioned: true,
      access: 'key',
      tagged: true,
      headers: ['ETag'],
    },
    async () => (await import('./models.ts')).model,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/v2/models/{model}/ready',
      versioned: true,
      access: 'key',
    },
    async () => (await import('./models.ts')).modelReady,
  ),
  lazyRoute(
    {
      method: 'post',
      path: '/v2/models/{model}/compare',
      versioned: true,
      access: 'explain',
      headers: ['Inference-Header-Content-Length', ...RUN_HEADERS],
      request: { body: {} },
    },
    async () => (await import('./compare.ts')).compare,
  ),
  lazyRoute(
    {
      method: 'post',
      path: '/v2/models/{model}/explain/estimate',
      versioned: true,
      access: 'explain',
      request: { body: {} },
    },
    async () => (await import('./estimate.ts')).estimate,
  ),
  {
    description: {
      method: 'post',
      path: '/v2/models/{model}/explain',
      versioned: true,
      access: 'explain',
      headers: EXPLANATION_HEADERS,
      request: { body: {} },
    },
    handler: handleExplain,
  },
  lazyRoute(
    {
      method: 'get',
      path: '/v2/methods',
      access: 'key',
      tagged: true,
      headers: ['ETag'],
    },
    async () => (await import('./methods.ts')).methods,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/v2/methods/{method}',
      access: 'key',
      tagged: true,
      headers: ['ETag'],
    },
    async () => (await import('./methods.ts')).method,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/v2/jobs',
      access: 'explain',
    },
    async () => (await import('./jobs.ts')).jobs,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/v2/jobs/{id}',
      access: 'explain',
      headers: ['Retry-After'],
    },
    async () => (await import('./jobs.ts')).job,
  ),
  lazyRoute(
    {
      method: 'delete',
      path: '/v2/jobs/{id}',
      access: 'explain',
    },
    async () => (await import('./jobs.ts')).deleteJob,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/v2/jobs/{id}/result',
      access: 'explain',
      headers: ['Inference-Header-Content-Length', 'Retry-After'],
    },
    async () => (await import('./jobs.ts')).jobResult,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/v2/webhook',
      access: 'admin',
    },
    async () => (await import('./jobs.ts')).webhook,
  ),
  lazyRoute(
    {
      method: 'put',
      path: '/v2/models/{model}/rollout',
      access: 'admin',
      request: { body: {} },
    },
    async () => (await import('./rollout.ts')).rollOut,
  ),
  lazyRoute(
    {
      method: 'put',
      path: '/v2/models/{model}/versions/{version}',
      access: 'admin',
      headers: ['Location'],
      request: { body: {} },
    },
    async () => (await import('./uploads.ts')).uploadModel,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/v2/models/{model}/versions',
      access: 'key',
    },
    async () => (await import('./uploads.ts')).modelVersions,
  ),
  lazyRoute(
    {
      method: 'put',
      path: '/v2/models/{model}/default',
      access: 'admin',
      request: { body: {} },
    },
    async () => (await import('./uploads.ts')).pinVersion,
  ),
  lazyRoute(
    {
      method: 'delete',
      path: '/v2/models/{model}',
      versioned: true,
      access: 'admin',
    },
    async () => (await import('./uploads.ts')).deleteModel,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/v2/models/{model}/versions/{version}/files',
      access: 'admin',
    },
    async () => (await import('./version-files.ts')).versionFiles,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/v2/models/{model}/versions/{version}/files/{file}',
      access: 'admin',
    },
    async () => (await import('./version-files.ts')).versionFile,
  ),
  lazyRoute(
    {
      method: 'post',
      path: '/v1/models/{model}:explain',
      pattern: '/v1/models/:target{[^/]+(?::|%3[Aa])explain}',
      access: 'explain',
      headers: RUN_HEADERS,
      request: { body: {} },
    },
    async () => (await import('./v1-explain.ts')).v1Explain,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/v1/models',
      access: 'key',
    },
    async () => (await import('./v1-models.ts')).v1Models,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/v1/models/{model}',
      access: 'key',
    },
    async () => (await import('./v1-models.ts')).v1Model,
  ),
  lazyRoute(
    {
      method: 'post',
      path: '/v1/models/{model}:predict',
      pattern: '/v1/models/:target{[^/]+(?::|%3[Aa])predict}',
      access: 'predict',
      request: { body: {} },
    },
    async () => (await import('./v1-predict.ts')).v1Predict,
  ),
];
