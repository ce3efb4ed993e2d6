import { HTTPException } from 'hono/http-exception';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCode, WhylightError } from '../../../src/core/errors.ts';
import { problemOf, STATUS } from '../../../src/edge/http/problem.ts';

describe('problemOf', () => {
  it('has a status for every error code', () => {
    expect(Object.keys(STATUS).sort()).toEqual(Object.keys(ERROR_CODES).sort());
    for (const status of Object.values(STATUS)) expect(status).toSatisfy((n: number) => n >= 400 && n < 600);
  });

  it('puts the message and details of an error into the members of the problem', () => {
    const error = new WhylightError('model_not_found', 'There is no model named "x".', { model: 'x', nearest: ['y'] });
    expect(problemOf(error, 'r1')).toEqual({
      type: 'urn:whylight:problem:model_not_found',
      title: 'No model has this name',
      status: 404,
      detail: 'There is no model named "x".',
      instance: 'r1',
      code: 'model_not_found',
      error: 'There is no model named "x".',
      model: 'x',
      nearest: ['y'],
    });
  });

  it('does not let details overwrite standard members', () => {
    const details = { status: 200, code: 'fine', type: 'x', title: 'x', detail: 'x', instance: 'x', error: 'x' };
    expect(problemOf(new WhylightError('not_found', 'Gone.', details))).toMatchObject({
      status: 404,
      code: 'not_found',
    });
  });

  it('lists validation errors', () => {
    const issues = [{ parameter: 'n_steps', message: 'too many' }];
    expect(problemOf(new WhylightError('invalid_request', 'No.', { issues }))).toMatchObject({
      errors: [{ detail: 'too many', parameter: 'n_steps' }],
    });
    const errors = [{ detail: 'no array', pointer: '#/inputs' }];
    expect(problemOf(new WhylightError('invalid_request', 'No.', { errors })).errors).toEqual(errors);
  });

  const ours = (Object.keys(STATUS) as ErrorCode[]).filter((code) => STATUS[code] === 500);
  it.each(ours)('hides message and details of the internal error %s', (code) => {
    const problem = problemOf(new WhylightError(code, 'secret path /home/me', { secret: 'key' }), 'r1');
    expect(JSON.stringify(problem)).not.toMatch(/secret|home|key/);
    expect(problem).toMatchObject({ code, status: 500, instance: 'r1' });
  });

  it('hides the message of an unexpected error', () => {
    const problem = problemOf(new TypeError('undefined is not a function of secret'));
    expect(problem).toMatchObject({ code: 'internal', status: 500 });
    expect(JSON.stringify(problem)).not.toContain('secret');
  });

  it('keeps the status and message of an HTTPException', () => {
    expect(problemOf(new HTTPException(400, { message: 'Malformed body' }))).toMatchObject({
      status: 400,
      code: 'invalid_request',
      detail: 'Malformed body',
    });
  });
});
