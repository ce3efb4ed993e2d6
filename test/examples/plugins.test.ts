/** The example packages, which `create-plugin` copies, hold the contract; their own tests are run by `npm run e2e`. */

import contrast from '../../examples/saliency-method-antithetic-contrast/src/index.ts';
import agreement from '../../examples/saliency-method-gradient-agreement/src/index.ts';
import ablation from '../../examples/saliency-method-position-ablation/src/index.ts';
import rectified from '../../examples/saliency-method-rectified-backprop/src/index.ts';
import { testMethod } from '../support/contract-suite.ts';

testMethod(agreement);
testMethod(ablation);
testMethod(rectified);
testMethod(contrast, { params: { n_samples: 20 } });
