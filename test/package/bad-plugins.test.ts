/** Bad methods in Node, in an app that a host embeds. */
import { hardenBuiltIns } from '../../src/core/harden.ts';
import { BAD_PLUGINS } from '../support/bad-plugins.ts';
import { isolationEdge, withImpatience } from '../support/isolation-edges.ts';
import { testIsolation } from '../support/isolation-suite.ts';

hardenBuiltIns();

const methods = BAD_PLUGINS.map(({ method }) => method);
const asking = withImpatience(isolationEdge(methods), isolationEdge(methods, 300), ['bad_never']);

testIsolation(asking, isolationEdge(methods));
