/** Lists of routes. Written by scripts/generate-routes.ts from the files of this folder. Do not edit. */
import { compare } from './compare.ts';
import { estimate } from './estimate.ts';
import { explain } from './explain.ts';
import { infer } from './infer.ts';
import { deleteJob, job, jobResult, jobs, webhook } from './jobs.ts';
import { method, methods } from './methods.ts';
import { metrics } from './metrics.ts';
import { modelFile } from './model-file.ts';
import { model, modelReady, models } from './models.ts';
import { originExplain, originFile, originInspect } from './origin.ts';
import { receiptKeys } from './receipt-keys.ts';
import { rollOut } from './rollout.ts';
import { live, ready, server } from './server.ts';
import { deleteModel, modelVersions, pinVersion, uploadModel } from './uploads.ts';
import { v1Explain } from './v1-explain.ts';
import { v1Model, v1Models } from './v1-models.ts';
import { v1Predict } from './v1-predict.ts';
import { versionFile, versionFiles } from './version-files.ts';

/** Routes that anybody may call. */
export const openRoutes = [metrics, receiptKeys, server, live, ready] as const;

/** Routes that edges call at their origin; every request is signed. */
export const originRoutes = [originExplain, originInspect, originFile] as const;

/** Routes that need a credential. */
export const keyRoutes = [
  infer,
  modelFile,
  models,
  model,
  modelReady,
  compare,
  estimate,
  explain,
  methods,
  method,
  jobs,
  job,
  deleteJob,
  jobResult,
  webhook,
  rollOut,
  uploadModel,
  modelVersions,
  pinVersion,
  deleteModel,
  versionFiles,
  versionFile,
  v1Explain,
  v1Models,
  v1Model,
  v1Predict,
] as const;
