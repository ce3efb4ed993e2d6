/** Description of a method: all of it but its functions. */
import * as z from 'zod';
import type { Method } from '../method/contract.ts';
import type { MethodDescription } from './protocol.ts';

/** Describes a method as JSON. */
export function describeMethod(method: Method): MethodDescription {
  const { apiVersion, id, strategy, revision, about, readsScore, stopsEarly, background, follows } = method;
  const { returns, presets, setup } = method;
  const described = { apiVersion, id, strategy, revision, about, readsScore, stopsEarly, background, follows };
  const parameters = z.toJSONSchema(method.params, { io: 'input' });
  return JSON.parse(JSON.stringify({ ...described, returns, presets, parameters, loads: setup !== undefined }));
}
