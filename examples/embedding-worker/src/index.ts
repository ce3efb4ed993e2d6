/** A Worker of your own: a page of its own, and whylight with two chosen methods beside it. */
import { createEdge, type UsedBindings } from 'whylight/edge';
import gradCam from 'whylight/methods/activation/grad-cam';
import occlusion from 'whylight/methods/perturbation/occlusion';

// Durable Objects that wrangler.toml binds: background jobs, and changes of tenants.
export { ExplanationJob, TenantLedger } from 'whylight/edge';

const whylight = createEdge({
  methods: [gradCam, occlusion],
  models: { cifar10: 'models/cifar10' },
  basePath: '/explain',
});

export default {
  fetch(request: Request, bindings: UsedBindings, context: ExecutionContext): Response | Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith('/explain/')) return whylight.fetch(request, bindings, context);
    return new Response('Send an image to /explain/v2/models/cifar10/explain?method=grad_cam\n');
  },
  queue: whylight.queue,
};
