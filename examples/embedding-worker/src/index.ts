/** Somebody else's Worker: a page of its own, and whylight with two chosen methods beside it. */
import { createEdge, type UsedBindings } from 'whylight/edge';
import gradCam from 'whylight/methods/activation/grad-cam';
import occlusion from 'whylight/methods/perturbation/occlusion';

const whylight = createEdge({ methods: [gradCam, occlusion], models: { cifar10: 'models/cifar10' } });

export default {
  fetch(request: Request, bindings: UsedBindings, context: ExecutionContext): Response | Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith('/v2/')) return whylight.fetch(request, bindings, context);
    return new Response('Ask /v2/models/cifar10/explain?method=grad_cam\n');
  },
};
