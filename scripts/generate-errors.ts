/**
 * Writes docs/errors.md from the codes themselves: what each means and which HTTP status it has. `--check` writes nothing
 * and fails when it is outdated.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { ERROR_CODES, type ErrorCode, PASSING_CODES } from '../src/core/errors.ts';
import { STATUS } from '../src/edge/http/problem.ts';

const FILE = 'docs/errors.md';

/** Advice where the meaning of a code gives none; the message of each error says it for the case at hand. */
const ADVICE: Partial<Record<ErrorCode, string>> = {
  rate_limited: 'after `Retry-After`',
  overloaded: 'after `Retry-After`',
  origin_unavailable: 'after `Retry-After`',
  origin_timeout: 'perhaps, with fewer samples',
  origin_error: 'once',
  deadline_exceeded: 'with fewer samples or more time',
  request_timeout: 'over a faster connection',
  engine_failure: 'once',
  internal: 'once',
  model_damaged: 'after the file is restored',
  storage_damaged: 'as a new job, or after the file is restored',
};

function adviceFor(code: ErrorCode): string {
  const advice = ADVICE[code];
  if (advice === undefined && PASSING_CODES.has(code)) throw new Error(`${code} passes: say when to try it again.`);
  return advice ?? 'no';
}

function page(): string {
  const rows = (Object.keys(ERROR_CODES) as ErrorCode[])
    .sort((a, b) => STATUS[a] - STATUS[b] || (a < b ? -1 : 1))
    .map((code) => `| \`${code}\` | ${STATUS[code]} | ${ERROR_CODES[code]} | ${adviceFor(code)} |`);
  return `<!-- Written by scripts/generate-errors.ts. Do not edit. -->
# Errors

Every error is a \`WhylightError\` with a \`code\` that stays the same, a message that says what was wrong, what was expected
and what to do, and \`details\` for machines. Over HTTP it is a problem (RFC 9457):

\`\`\`json
{
  "type": "urn:whylight:problem:invalid_request",
  "title": "The request or a parameter does not fit its schema.",
  "status": 400,
  "detail": "Parameter \\"n_steps\\" of integrated_gradients must be an integer from 1 to 1000, but 0 was given.",
  "instance": "6f1c...",
  "code": "invalid_request",
  "error": "the detail once more, for clients of the KServe and Open Inference protocols",
  "errors": [{ "detail": "...", "pointer": "#/parameters/n_steps" }]
}
\`\`\`

\`errors\` has an entry for each mistake: \`pointer\` is its place in the JSON body, \`parameter\` its name in a query or form.
Errors of status 500 keep their words to the log; \`instance\` finds them there.

The media type is \`application/problem+json\`. On the paths of the inference protocols, \`/v1\` and \`/v2\`, it is
\`application/json\`, since their clients read \`error\` from nothing else; \`Accept: application/problem+json\` asks for the
other.

| code | status | meaning | worth another try |
|---|---|---|---|
${rows.join('\n')}
`;
}

const text = page();
if (process.argv.includes('--check')) {
  if (readFileSync(FILE, 'utf8') !== text) {
    console.error(`${FILE} is outdated: run "npx node scripts/generate-errors.ts".`);
    process.exitCode = 1;
  }
} else {
  writeFileSync(FILE, text);
}
