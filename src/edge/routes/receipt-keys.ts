import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { answer } from '../openapi/content.ts';
import { defineRoute } from '../openapi/route.ts';

const key = z.object({ kty: z.string(), crv: z.string(), x: z.string(), kid: z.string() });

/** Publishes the keys that receipts are verified with. Open, since auditors have no keys of the API. */
export const receiptKeys = defineRoute(
  {
    id: 'listReceiptKeys',
    method: 'get',
    path: '/.well-known/whylight-keys.json',
    tag: 'server',
    summary: 'Returns the public keys of receipts, as a JSON Web Key Set.',
    access: 'open',
    cost: 'none',
    responses: answer(z.object({ keys: z.array(key) }), 'The keys; the first one signs.'),
    problems: ['not_found'],
  },
  ({ receipts }) =>
    (c) => {
      if (!receipts) throw new WhylightError('not_found', 'This server signs no receipts.');
      c.header('Cache-Control', 'public, max-age=300');
      return c.json({ keys: receipts.published });
    },
);
