/** Jobs in Workers: one Durable Object for each decides what becomes of it; the queue may lose or double what it carries. */
import { DurableObject } from 'cloudflare:workers';
import { type JobFiles, jobFolder } from '../jobs/files.ts';
import {
  abandoned,
  accepted,
  alive,
  announcing,
  attemptFailed,
  cancelled,
  due,
  expired,
  type Failure,
  hasEnded,
  JOB_TIMES,
  type Job,
  type JobMessage,
  leased,
  type NewJob,
  type Progress,
  sentAgain,
  succeeded,
} from '../jobs/job.ts';
import { entryKey } from '../jobs/job-list.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { r2JobFiles } from '../jobs/r2.ts';
import { consoleLog } from '../observe/log.ts';

interface JobBindings {
  readonly JOB_QUEUE: Queue<JobMessage>;
  readonly JOB_FILES: R2Bucket;
}

export class ExplanationJob extends DurableObject<JobBindings> {
  async read(): Promise<Job | undefined> {
    return this.ctx.storage.get<Job>('job');
  }

  async submit(job: NewJob): Promise<Job> {
    const known = await this.read();
    const kept = known ?? (await this.keep(accepted(job, Date.now())));
    await Promise.all([this.list(kept), known || this.tell(kept, 'run')]);
    return kept;
  }

  async cancel(): Promise<Job | undefined> {
    const job = await this.read();
    return job && this.keep(cancelled(job, Date.now()));
  }

  async forget(): Promise<void> {
    const job = await this.read();
    if (!job) return;
    const files = r2JobFiles(this.env.JOB_FILES);
    await files.removeBelow(jobFolder(job.tenant, job.id));
    await files.remove([entryKey(job)]);
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  async lease(): Promise<Job | undefined> {
    return this.change((job, now) => leased(job, now, JOB_TIMES));
  }

  async alive(attempt: number, progress: Progress | undefined): Promise<boolean> {
    return (await this.change((job, now) => alive(job, attempt, progress, now, JOB_TIMES))) !== undefined;
  }

  async succeed(attempt: number, result: string): Promise<boolean> {
    return (await this.change((job, now) => succeeded(job, attempt, result, now))) !== undefined;
  }

  async fail(attempt: number, failure: Failure, final: boolean): Promise<Job | undefined> {
    return this.change((job, now) => attemptFailed(job, attempt, failure, final, now));
  }

  async abandon(): Promise<void> {
    await this.change(abandoned);
  }

  async announcing(): Promise<Job | undefined> {
    return this.change(announcing);
  }

  async announced(): Promise<void> {
    await this.change((job) => ({ ...job, announced: true }));
  }

  /** Does what is due, and sets the clock for what comes next. */
  override async alarm(): Promise<void> {
    const job = await this.read();
    if (!job) return;
    const now = Date.now();
    const { what, at } = due(job, JOB_TIMES);
    if (at > now) return this.ctx.storage.setAlarm(at);
    if (what === 'forget') return this.forget();
    if (what === 'expire') {
      await this.keep(expired(job, now));
      return;
    }
    const kept = await this.keep(sentAgain(job, now));
    await this.tell(kept, what === 'send' ? 'run' : 'announce');
  }

  private async change(next: (job: Job, now: number) => Job | undefined): Promise<Job | undefined> {
    const job = await this.read();
    const changed = job && next(job, Date.now());
    return changed && changed !== job ? this.keep(changed, job) : changed;
  }

  private async keep(job: Job, before?: Job): Promise<Job> {
    await this.ctx.storage.put('job', job);
    await this.ctx.storage.setAlarm(due(job, JOB_TIMES).at);
    if (hasEnded(job) && !(before && hasEnded(before)) && job.webhook !== undefined) await this.tell(job, 'announce');
    return job;
  }

  /** Adds the job to its tenant's list. One that cannot be added runs nevertheless, and is added when it is submitted again. */
  private async list(job: Job): Promise<void> {
    try {
      await r2JobFiles(this.env.JOB_FILES).put(entryKey(job), new Uint8Array(0));
    } catch (error) {
      consoleLog('warn', 'a job cannot be listed', { id: job.id, reason: String(error) });
    }
  }

  /** A message that cannot be sent is sent by the alarm: the job is safe here. */
  private async tell({ tenant, id }: Job, task: JobMessage['task']): Promise<void> {
    try {
      await this.env.JOB_QUEUE.send({ task, tenant, id });
    } catch (error) {
      consoleLog('warn', 'the queue takes no job', { id, reason: String(error) });
    }
  }
}

type Remote = {
  read(): Promise<Job | undefined>;
  submit(job: NewJob): Promise<Job>;
  cancel(): Promise<Job | undefined>;
  forget(): Promise<void>;
  lease(): Promise<Job | undefined>;
  alive(attempt: number, progress: Progress | undefined): Promise<boolean>;
  succeed(attempt: number, result: string): Promise<boolean>;
  fail(attempt: number, failure: Failure, final: boolean): Promise<Job | undefined>;
  abandon(): Promise<void>;
  announcing(): Promise<Job | undefined>;
  announced(): Promise<void>;
};

export function durableJobs(objects: DurableObjectNamespace, files: JobFiles): Jobs {
  // Names hold the tenant: nobody reaches the job of another, whatever id they try.
  const of = (tenant: string, id: string) => objects.get(objects.idFromName(`${tenant}\n${id}`)) as unknown as Remote;
  return {
    files,
    submit: (job) => of(job.tenant, job.id).submit(job),
    get: (tenant, id) => of(tenant, id).read(),
    ids: (tenant) => files.below(`${tenant}/`),
    cancel: (tenant, id) => of(tenant, id).cancel(),
    forget: (tenant, id) => of(tenant, id).forget(),
    lease: (tenant, id) => of(tenant, id).lease(),
    alive: (tenant, id, attempt, progress) => of(tenant, id).alive(attempt, progress),
    succeed: (tenant, id, attempt, result) => of(tenant, id).succeed(attempt, result),
    fail: (tenant, id, attempt, failure, final) => of(tenant, id).fail(attempt, failure, final),
    abandon: (tenant, id) => of(tenant, id).abandon(),
    announcing: (tenant, id) => of(tenant, id).announcing(),
    announced: (tenant, id) => of(tenant, id).announced(),
  };
}
