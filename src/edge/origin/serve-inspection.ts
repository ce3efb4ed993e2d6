/** Inspects a model that is being uploaded at an edge, and streams heartbeats and the report to it as frames. */
import { WhylightError } from '../../core/errors.ts';
import type { Log } from '../observe/log.ts';
import type { InspectionRequest } from './origin-request.ts';
import type { OriginServer } from './origin-server.ts';
import { type FramesConnection, serveFrames } from './serve-frames.ts';

interface InspectionServices {
  readonly asOrigin: Pick<OriginServer, 'inspect'>;
  readonly log: Log;
}

/**
 * Starts the inspection.
 * @returns frames: heartbeats, then the report or a failure
 * @throws WhylightError `model_needed`, `overloaded`; `not_found` at an origin without uploads
 */
export async function serveInspection(
  { asOrigin, log }: InspectionServices,
  { name, files, deadline }: InspectionRequest,
  connection: FramesConnection,
): Promise<ReadableStream<Uint8Array>> {
  if (!asOrigin.inspect) throw noUploads();
  const inspect = await asOrigin.inspect(name, files);
  return serveFrames({ log }, connection, deadline, ({ signal }) => inspect(signal));
}

/** Error of a server that stores no uploaded models. */
export const noUploads = (): WhylightError =>
  new WhylightError('not_found', 'This origin stores no uploaded models: start it with --uploads.');
