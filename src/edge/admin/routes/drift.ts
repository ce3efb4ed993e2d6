/** Curves of attribution drift. */
import * as z from 'zod';
import { WhylightError } from '../../../core/errors.ts';
import { driftPage } from '../../drift/drift-page.ts';
import { driftQuery, driftView, readDrift } from '../../drift/drift-view.ts';
import { DRAWING_POLICY } from '../../explain/document-type.ts';
import { checkedQuery } from '../../http/checked-query.ts';
import { negotiate } from '../../http/negotiate.ts';
import { json } from '../../openapi/content.ts';
import { defineRoute } from '../../openapi/route.ts';
import { operates } from '../access.ts';

/** Returns the share of attribution by feature group over time, as numbers or as a page. */
export const drift = defineRoute(
  {
    id: 'getDrift',
    method: 'get',
    path: '/admin/drift',
    tag: 'admin',
    access: 'admin',
    cost: 'none',
    summary: 'Returns the curves of attribution drift of a model, as numbers or as a page; for operators.',
    request: { query: driftQuery },
    responses: {
      200: {
        description: 'The curves of the classes with most rows.',
        content: { ...json(driftView), 'text/html': { schema: z.string() } },
      },
    },
    problems: ['invalid_request', 'not_acceptable', 'not_found'],
  },
  ({ driftHistory }) =>
    async (c) => {
      operates(c);
      if (!driftHistory) {
        throw new WhylightError('not_found', 'This server keeps no attribution shares: bind DRIFT_HISTORY.');
      }
      const query = checkedQuery(c, driftQuery);
      const type = negotiate(c.req.header('Accept'), ['application/json', 'text/html']);
      const view = await readDrift(driftHistory, query, Date.now());
      if (type === 'application/json') return c.json(view, 200);
      c.set('pagePolicy', DRAWING_POLICY);
      return c.html(driftPage(view));
    },
);
