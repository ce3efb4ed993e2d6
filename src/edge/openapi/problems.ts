/** Problems that each operation may answer with, derived from its access, its body and its cost. */

import { ERROR_CODES, type ErrorCode } from '../../core/errors.ts';
import { isProtocolPath, PROBLEM_TYPE, STATUS } from '../http/problem.ts';
import type { Responses } from './description.ts';
import type { CostClass, RouteDescription } from './route.ts';
import { problem } from './schemas.ts';

/** Problems of every route behind a credential. */
const CREDENTIAL: readonly ErrorCode[] = ['unauthorized', 'forbidden', 'rate_limited', 'overloaded'];
/** Problems of every route that takes a body. */
const BODY: readonly ErrorCode[] = [
  'invalid_request',
  'payload_too_large',
  'unsupported_media_type',
  'request_timeout',
  'aborted',
];
/** Problems of every route whose path names a model. */
const MODEL: readonly ErrorCode[] = ['invalid_request', 'model_not_found', 'model_damaged', 'invalid_model'];

/** Problems of every route whose path names a tenant. */
const TENANT: readonly ErrorCode[] = ['not_found', 'conflict'];
/** Problems of every route whose path names a job. */
const JOB: readonly ErrorCode[] = ['not_found'];

const INFERENCE: readonly ErrorCode[] = [
  'invalid_tensor',
  'invalid_image',
  'not_acceptable',
  'budget_exceeded',
  'engine_failure',
  'unsupported_operator',
  'deadline_exceeded',
  'aborted',
  'origin_unavailable',
  'origin_error',
  'origin_timeout',
];
const PLAN: readonly ErrorCode[] = [
  ...INFERENCE,
  'method_not_found',
  'method_not_enabled',
  'label_not_found',
  'layer_not_found',
  'unprocessable_method',
  'compilation_limit',
  'not_differentiable',
];

/** Problems of a run, which the result of a job repeats. */
export const EXPLANATION_PROBLEMS: readonly ErrorCode[] = [...PLAN, 'method_failed', 'storage_damaged', 'conflict'];

/** Problems of each class of cost. */
const COST: Readonly<Record<CostClass, readonly ErrorCode[]>> = {
  none: [],
  inference: INFERENCE,
  plan: PLAN,
  explanation: EXPLANATION_PROBLEMS,
  upload: ['invalid_model', 'conflict', 'budget_exceeded', 'compilation_limit', 'engine_failure', 'invalid_config'],
};

/** Codes of the problems that an operation may answer with. */
export function problemCodes({ access, request, path, cost, problems = [] }: RouteDescription): readonly ErrorCode[] {
  const takesInput = request?.query !== undefined || path.includes('{');
  const codes: readonly ErrorCode[] = [
    ...(access === 'open' ? [] : CREDENTIAL),
    ...(takesInput ? (['invalid_request'] as const) : []),
    ...(request?.body ? BODY : []),
    ...(path.includes('{model}') ? MODEL : []),
    ...(path.includes('{tenant}') ? TENANT : []),
    ...(path.includes('{id}') ? JOB : []),
    ...COST[cost],
    ...problems,
    'internal',
  ];
  return (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => codes.includes(code));
}

/** Responses of an operation that are problems, by status; each lists its codes. */
export function problemResponses(description: RouteDescription): Responses {
  const codesOf = problemCodes(description);
  const statuses = [...new Set(codesOf.map((code) => STATUS[code]))].sort((a, b) => a - b);
  const types = isProtocolPath(description.path) ? ['application/json', PROBLEM_TYPE] : [PROBLEM_TYPE];
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: codesOf
          .filter((code) => STATUS[code] === status)
          .map((code) => `\`${code}\`: ${ERROR_CODES[code]}`)
          .join(' '),
        ...([429, 503].includes(status) && { headers: RETRY_AFTER }),
        ...(status === 401 && { headers: CHALLENGE }),
        content: Object.fromEntries(types.map((type) => [type, { schema: problem }])),
      },
    ]),
  );
}

const header = (description: string) => ({ description, schema: { type: 'string' as const } });
const RETRY_AFTER = { 'Retry-After': header('Seconds after which to ask again, where that is known.') };
const CHALLENGE = { 'WWW-Authenticate': header('The scheme of the credential that is needed.') };
