/** Submits an explanation as a background job. */
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import type { InferenceRequest } from '../../protocol/open-inference.ts';
import { rightsOf } from '../tenants/rights.ts';
import type { Tenant } from '../tenants/tenant.ts';
import { packRequest, type StoredRequest, type Wanted } from './contents.ts';
import { jobFolder } from './files.ts';
import type { Job } from './job.ts';
import { checkJobOptions, type JobOptions } from './job-options.ts';
import type { Jobs } from './jobs.ts';

/** An explanation to run as a job. */
export interface JobRequest extends Pick<StoredRequest, 'version' | 'trace'>, JobOptions {
  readonly question: Omit<StoredRequest['question'], 'rights'>;
  readonly wanted: Omit<Wanted, 'image' | 'picture' | 'wire'>;
  /** The request as it came, for tensors. */
  readonly wire?: InferenceRequest;
  /** The image that was sent, for drawing the result. */
  readonly image?: Uint8Array;
}

/**
 * Submits the job, or finds the one that was submitted with the same idempotency key.
 * @throws WhylightError `invalid_request`; `conflict` for a key that came with another request
 */
export async function submitJob(jobs: Jobs, tenant: Tenant, request: JobRequest): Promise<Job> {
  const webhook = checkJobOptions(tenant, request);
  const id = await jobId(tenant.id, request.idempotencyKey);
  const { key } = request.wanted;
  const fingerprint = await sha256Hex(new TextEncoder().encode(JSON.stringify([key, webhook ?? null])));
  const files = await storeFiles(jobs, tenant, request, { id, fingerprint });
  const { model, request: explain } = request.question;
  const job = await jobs.submit({
    tenant: tenant.id,
    id,
    fingerprint,
    question: files.question,
    model: model.name,
    method: explain.method,
    ...(webhook !== undefined && { webhook }),
  });
  if (job.fingerprint === fingerprint) return job;
  await jobs.files.remove(Object.values(files));
  throw new WhylightError('conflict', 'This Idempotency-Key was used with another request: use a new one.');
}

/** Stores the files before the job exists. Files without a job are removed by the bucket's lifecycle rule. */
async function storeFiles(
  jobs: Jobs,
  caller: Tenant,
  { question, version, trace, wanted, wire, image }: JobRequest,
  job: { readonly id: string; readonly fingerprint: string },
) {
  const folder = jobFolder(caller.id, job.id);
  const files = { question: `${folder}question-${job.fingerprint}`, image: `${folder}image-${job.fingerprint}` };
  if (image) await jobs.files.put(files.image, image);
  const stored: StoredRequest = {
    question: { ...question, rights: rightsOf(caller) },
    version,
    wanted: { ...wanted, ...(wire && { wire: representation(wire) }), ...(image && { image: files.image }) },
    ...(caller.files && { files: caller.files }),
    seconds: caller.cache.seconds,
    trace,
  };
  await jobs.files.put(files.question, packRequest(stored));
  return files;
}

const representation = ({ id, outputs, binaryOutput }: InferenceRequest): Wanted['wire'] => ({
  ...(id !== undefined && { id }),
  outputs,
  binaryOutput,
});

async function jobId(tenant: string, key: string | undefined): Promise<string> {
  if (key === undefined) return crypto.randomUUID().replaceAll('-', '');
  return (await sha256Hex(new TextEncoder().encode(`${tenant}\n${key}`))).slice(0, 32);
}
