/** Entry of the Worker. */
import * as configured from '#worker-plugins';
import { hardenBuiltIns } from '../../core/harden.ts';
import { serve } from './serve.ts';

export { AttributionHistory } from './durable-drift.ts';
export { ExplanationJob } from './durable-job.ts';
export { TenantLedger } from './durable-ledger.ts';

hardenBuiltIns();

export default serve(configured);
