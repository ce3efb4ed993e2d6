import { compareMethods } from '../explain/compare.ts';
import { DRAWING_POLICY, DRAWN_TYPES } from '../explain/document-type.ts';
import { sourceHeaders } from '../explain/headers.ts';
import { readRaw } from '../explain/query.ts';
import { inferenceResponse, isBinary } from '../http/inference-response.ts';
import { negotiate } from '../http/negotiate.ts';
import { inputBody, negotiated } from '../openapi/content.ts';
import { RUN_HEADERS } from '../openapi/headers.ts';
import { defineRoute } from '../openapi/route.ts';
import * as schemas from '../openapi/schemas.ts';
import { offeredTo } from '../tenants/tenant.ts';

/** Explains the same input by several methods or for several targets: `POST /v2/models/{model}/compare?methods=a,b`. */
export const compare = defineRoute(
  {
    id: 'compareMethods',
    method: 'post',
    path: '/v2/models/{model}/compare',
    versioned: true,
    tag: 'explanations',
    summary: 'Explains the same input by several methods, for several targets, or both.',
    description:
      'The prediction is made once: the top class that the first method finds is the target of all. Parameters apply to every method that has them; `<method>.<parameter>` sets that of one. Outputs are named `<method>.<output>`; the failure of a method is the parameter `<method>.error`. With `targets`, each method explains every target, gradients and class activation maps over one forward pass; outputs are named `<method>.<number of the target>.<output>`, counted from 0. A request makes at most 12 explanations.',
    access: 'explain',
    cost: 'explanation',
    request: { body: inputBody, query: schemas.compareQuery },
    requestHeaders: ['Cache-Control', 'Inference-Header-Content-Length'],
    responses: negotiated('image/png', 'image/svg+xml', 'text/html', 'application/octet-stream'),
    headers: ['Inference-Header-Content-Length', ...RUN_HEADERS],
  },
  (services) => async (c) => {
    const offered = offeredTo(c.get('tenant'), DRAWN_TYPES);
    // Checked before anything runs; what the body is decides among the types that are left.
    negotiate(c.req.header('Accept'), offered);
    const comparison = await compareMethods(c, services, await readRaw(c, services));
    const fitting = comparison.isData ? offered.filter((one) => one !== 'image/png') : offered;
    const type = negotiate(c.req.header('Accept'), fitting);
    for (const answer of comparison.answers) {
      for (const [name, value] of Object.entries(sourceHeaders(answer))) c.header(name, value);
    }
    if (type === 'image/png') {
      const png = await services.codecs.encodePng(await comparison.draw());
      return c.body(png as Uint8Array<ArrayBuffer>, 200, { 'Content-Type': type });
    }
    if (type === 'image/svg+xml' || type === 'text/html') {
      c.set('pagePolicy', DRAWING_POLICY);
      return c.body(await comparison.document(type), 200, { 'Content-Type': `${type}; charset=utf-8` });
    }
    const asBytes = type === 'application/octet-stream' ? () => true : isBinary(comparison.wire);
    return inferenceResponse(c, comparison.response(), asBytes);
  },
);
